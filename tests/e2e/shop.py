"""The functions of `examples/shop` that the tests cut, their events, and the monolith's own answers to them."""

import base64
import json
import os
import shutil
import struct
import subprocess
import zlib

from harness import HERE, Stop, copy_monolith, run, split

# The events, by function. `None` as the field of a case means that the monolith is asked what is right.


def png(width, height):
    """A picture with an edge in it, so that scaling has something to do."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 200 * (x > y))) for x in range(width))
        for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def b64(data):
    return base64.b64encode(data).decode()


def eur(minor):
    return {"minor": minor, "currency": "EUR"}


def party(name):
    address = {"street": "Rue du Lac 3", "postal_code": "74000", "city": "Annecy", "region": "FR"}
    return {"name": name, "address": address, "email": None, "tax_number": None}


INVOICE = {
    "id": 12,
    "order": 34,
    "issued_on": "2025-03-09",
    "due_on": "2025-03-23",
    "seller": party("Shop"),
    "buyer": party("Tom & <b>Jo</b>"),
    "lines": [
        {
            "sku": "KETTLE",
            "description": 'Kettle "Boil"',
            "quantity": 20,
            "unit_price": eur(10_000),
            "tax_rate": 2000,
            "amount": eur(200_000),
        }
    ],
    "discounts": [{"reason": "5 % volume discount", "amount": eur(10_000)}],
    "taxes": [{"rate": 2000, "base": eur(190_000), "tax": eur(38_000)}],
    "total": eur(228_000),
}
HTML = {"format": "html", "locale": "German", "tax_breakdown": True, "logo_url": "https://shop.example/logo.png"}
TEXT = {"format": "text", "locale": "French", "tax_breakdown": False, "logo_url": None}

BASKET = {
    "lines": [{"sku": "TEAPOT", "quantity": 3}, {"sku": "HERBAL", "quantity": 5}],
    "region": "DE",
    "tier": "silver",
    "day": "2025-11-20",
}


def product(sku, name, minor, category, tax_class):
    price = eur(minor)
    return {"sku": sku, "name": name, "price": price, "category": category, "tax_class": tax_class, "weight_grams": 1}


CATALOG = {
    "currency": "EUR",
    "products": {
        "TEAPOT": product("TEAPOT", "Teapot", 3490, "kitchen", "standard"),
        "HERBAL": product("HERBAL", "A History of Herbs", 2400, "books", "books"),
    },
}
COUPON = {"code": "WINTER", "kind": {"Percent": 1000}, "valid_until": None, "minimum_spend": None}

POLICY = {"min_length": 12, "min_classes": 1, "memory_kib": 64, "iterations": 1, "parallelism": 1}

PARCEL = {"weight_grams": 4_200, "value": eur(15_000)}
ADDRESS = {"street": "High Street 1", "postal_code": "12345", "city": "Somewhere", "region": "GB"}


class Case:
    """One event and what must come of it.

    `field` is what the error for a malformed event must name; `error` is the `errorType` where the monolith
    returns `Err`. Without either the monolith decides between an answer and a panic.
    """

    def __init__(self, label, event, field=None, error=None, raw=None):
        self.label, self.event, self.field, self.error, self.raw = label, event, field, error, raw

    def body(self):
        return self.raw if self.raw is not None else json.dumps(self.event).encode()


def without(event, key):
    return {k: v for k, v in event.items() if k != key}


IMAGE = {"image": b64(png(120, 80)), "max_side": 48}
RENDER = {"invoice": INVOICE, "options": HTML}
SHIP = {"parcel": PARCEL, "destination": ADDRESS, "speed": "standard"}
PRICE = {"basket": BASKET, "catalog": CATALOG, "coupon": None}
SPLIT = {"total": eur(1000), "parts": 3}

# Each list ends with the event of its first line: whatever came before, the function must still serve.
CASES = {
    "thumbnail": [
        Case("a picture, as base64 both ways", IMAGE),
        Case("a small picture keeps its size", {**IMAGE, "max_side": 500}),
        Case("not a picture", {**IMAGE, "image": b64(b"GIF89a and so on")}, error="ThumbnailError.UnknownFormat"),
        Case("no size", {**IMAGE, "max_side": 0}, error="ThumbnailError.ZeroSize"),
        Case("text that is not base64", {**IMAGE, "image": "%%%"}, field="image"),
        Case("a field of the wrong type", {**IMAGE, "max_side": "48"}, field="max_side"),
        Case("a field that is missing", without(IMAGE, "max_side"), field="max_side"),
        Case("a field too many", {**IMAGE, "quality": 3}, field="quality"),
        Case("the picture again", IMAGE),
    ],
    "render_invoice": [
        Case("an invoice as HTML", RENDER),
        Case("an invoice as text", {**RENDER, "options": TEXT}),
        Case("an invoice that does not add up", {**RENDER, "invoice": {**INVOICE, "total": eur(1)}}, error="RenderError.WrongTotal"),
        Case("a bad value deep inside", {**RENDER, "invoice": {**INVOICE, "issued_on": 5}}, field="invoice.issued_on"),
        Case("an unknown variant", {**RENDER, "options": {**HTML, "format": "pdf"}}, field="options.format"),
        Case("the invoice again", RENDER),
    ],
    "price_basket": [
        Case("a basket without a coupon", PRICE),
        Case("a basket with a coupon", {**PRICE, "coupon": COUPON}),
        Case(
            "a coupon that needs more",
            {**PRICE, "coupon": {**COUPON, "minimum_spend": eur(9_999_999)}},
            error="PricingError.CouponThreshold",
        ),
        Case("an empty basket", {**PRICE, "basket": {**BASKET, "lines": []}}, error="PricingError.EmptyBasket"),
        Case("a basket that is no object", {**PRICE, "basket": 7}, field="basket"),
        Case("the basket again", PRICE),
    ],
    "split_evenly": [
        Case("three parts", SPLIT),
        Case("a panic", {**SPLIT, "parts": 0}),
        Case("the good call after the panic", {**SPLIT, "parts": 7}),
        Case("a second panic", {**SPLIT, "parts": 0}),
        Case("a negative number of parts", {**SPLIT, "parts": -1}, field="parts"),
        Case("three parts again", SPLIT),
    ],
    "estimate_shipping": [
        Case("an async entry", SHIP),
        Case("in a hurry", {**SHIP, "speed": "express"}),
        Case("too heavy", {**SHIP, "parcel": {**PARCEL, "weight_grams": 80_000}}, error="ShippingError.TooHeavy"),
        Case("an incomplete address", {**SHIP, "destination": {**ADDRESS, "city": " "}}, error="ShippingError.IncompleteAddress"),
        Case("an unknown speed", {**SHIP, "speed": "warp"}, field="speed"),
        Case("the first parcel again", SHIP),
    ],
    # Drives a runtime of its own, which panics on a thread that drives one already.
    "estimate_shipping_blocking": [
        Case("a runtime of its own", SHIP),
        Case("too heavy", {**SHIP, "parcel": {**PARCEL, "weight_grams": 80_000}}, error="ShippingError.TooHeavy"),
        Case("the first parcel again", SHIP),
    ],
    # A hash is different every time, so these two are also played against each other; see `passwords`.
    "hash_password": [
        Case("too short", {"password": "short", "policy": POLICY}, error="PasswordError.TooShort"),
        Case("one everyone tries", {"password": "passwordpassword", "policy": POLICY}, error="PasswordError.TooCommon"),
        Case(
            "a policy with a field of its own",
            {"password": "the owl flies at noon", "policy": {**POLICY, "pepper": 1}},
            field="policy.pepper",
        ),
        Case("too short again", {"password": "short", "policy": POLICY}, error="PasswordError.TooShort"),
    ],
    "verify_password": [
        Case("a hash that is none", {"password": "x", "hash": "plain text"}, error="PasswordError.Hash"),
        Case("a missing hash", {"password": "x"}, field="hash"),
        Case("no object at all", None, field="Request", raw=b"7"),
        Case("a hash that is none, again", {"password": "x", "hash": "plain text"}, error="PasswordError.Hash"),
    ],
}


class Probe:
    """The monolith's own answers."""

    def __init__(self, work):
        folder = work / "probe"
        shutil.rmtree(folder, ignore_errors=True)
        copy_monolith(folder)
        shutil.copytree(HERE / "probe", folder / "crates" / "e2e-probe")
        target = work / "probe-target"
        run("build the monolith and its probe", ["cargo", "build", "-q", "-p", "e2e-probe"], cwd=folder,
            env={**os.environ, "CARGO_TARGET_DIR": str(target)})
        self.program = target / "debug" / "e2e-probe"

    def ask(self, calls):
        calls = [{"function": function, "event": event} for function, event in calls]
        done = subprocess.run([self.program], input=json.dumps(calls), capture_output=True, text=True)
        if done.returncode != 0:
            raise Stop(f"the probe failed: {done.stderr}")
        return json.loads(done.stdout)


def cut_shop(args, work):
    """All functions of `CASES` out of the shop."""
    return split(args, work, args.monolith, [word for function in CASES for word in ("--entry", function)])
