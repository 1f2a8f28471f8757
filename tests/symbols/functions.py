"""The functions that Rust source text declares, without a parser.

Input: a text. Output: [`Function`]s with a body: a key that survives a cut (the headers of what encloses
it, and its name), its lines, and what it is. Comments, strings and `macro_rules!` bodies are passed over.
"""

import dataclasses
import re

TOKEN = re.compile(
    r"""
    (?P<line>//[^\n]*)
  | (?P<block>/\*)
  | (?P<raw>\b(?:b|c|br|cr)?r(?P<hashes>\#+|)"(?s:.*?)"(?P=hashes))
  | (?P<string>\b[bc]?"(?:\\(?s:.)|[^"\\])*"|"(?:\\(?s:.)|[^"\\])*")
  | (?P<char>b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\\n])')
  | (?P<life>'[A-Za-z_][A-Za-z0-9_]*)
  | (?P<word>(?:r\#)?[A-Za-z_][A-Za-z0-9_]*)
  | (?P<mark>[{}()\[\];]|=>|->|::|[^\s])
    """,
    re.VERBOSE,
)


@dataclasses.dataclass(frozen=True)
class Function:
    """A function with a body."""

    key: tuple
    start: int
    end: int
    # "free", "inherent", "foreign" (an impl of a trait that this text's crate does not declare), "own".
    trait: str
    is_const: bool


def tokens(text):
    """Words and marks with their offsets; comments and literals left out."""
    at = 0
    while at < len(text):
        found = TOKEN.search(text, at)
        if not found:
            return
        at = found.end()
        if found.group("block"):
            depth = 1
            while depth and at < len(text):
                inner = re.compile(r"/\*|\*/").search(text, at)
                if not inner:
                    return
                depth += 1 if inner.group() == "/*" else -1
                at = inner.end()
        elif found.lastgroup in ("word", "mark"):
            yield found.group(), found.start()


def functions(text):
    """Every function that has a body."""
    found = []
    lines = [0]
    for at, char in enumerate(text):
        if char == "\n":
            lines.append(at + 1)

    def line_of(offset):
        low, high = 0, len(lines)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if lines[middle] <= offset else (low, middle)
        return low + 1

    # What is open: (header words or None, start offset, kind).
    stack = []
    header = []
    start = None
    macro_depth = None
    nested = 0
    for word, at in tokens(text):
        if macro_depth is not None:
            macro_depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(word, 0)
            if macro_depth == 0:
                macro_depth = None
                header, start = [], None
            continue
        if word in "([" and len(word) == 1:
            if header[:1] == ["macro_rules"]:
                macro_depth = 1
                continue
            nested += 1
        elif word in ")]" and len(word) == 1:
            nested = max(0, nested - 1)
        if word == "{":
            if header[:1] == ["macro_rules"]:
                macro_depth = 1
                continue
            stack.append((header, start if start is not None else at, nested))
            header, start, nested = [], None, 0
            continue
        if word == "}":
            if stack:
                opened, begun, nested = stack.pop()
                what = kind(opened)
                if what == "fn":
                    outer = [h for h, _, _ in stack]
                    found.append(function(opened, outer, line_of(begun), line_of(at)))
                # A block inside of an expression does not end it; an item's body does.
                if what or nested == 0:
                    header, start = [], None
                else:
                    header, start = opened, begun
            continue
        if word == ";" and nested == 0:
            header, start = [], None
            continue
        if word == "," and nested == 0 and kind(header) == "":
            header, start = [], None
            continue
        if start is None and word != "#":
            start = at
        header.append(word)
    return found


ITEM = re.compile(
    r"^(?:pub (?:\( [^)]*\) )?)?(?:default )?(?:const )?(?:async )?(?:unsafe )?(?:extern )?(fn|impl|mod|trait)\b"
)


def plain(header):
    """A header without attributes, as one line."""
    out, depth, at = [], 0, 0
    while at < len(header):
        if header[at] == "#" and at + 1 < len(header) and header[at + 1] in "[!":
            at += 1
            if header[at] == "!":
                at += 1
            while at < len(header):
                depth += {"[": 1, "]": -1}.get(header[at], 0)
                at += 1
                if depth == 0:
                    break
            continue
        out.append(header[at])
        at += 1
    return " ".join(out)


def kind(header):
    """`fn`, `impl`, `mod`, `trait`, or nothing."""
    found = ITEM.match(plain(header))
    return found.group(1) if found else ""


def label(header):
    """What an enclosing item adds to a key; its visibility may have changed, so it is left out."""
    text = plain(header)
    what = kind(header)
    if what == "fn":
        return "fn " + text.split(" fn ", 1)[-1].removeprefix("fn ").split(" ")[0]
    return re.sub(r"^pub (?:\( [^)]*\) )?", "", text)


def function(header, outer, start, end):
    """The function of a header within others."""
    text = plain(header)
    enclosing = [label(h) for h in outer if kind(h)]
    holder = next((e for e in reversed(enclosing) if not e.startswith("fn ")), "")
    if re.match(r"(?:unsafe |default )*impl\b", holder):
        trait = "impl" if " for " in re.sub(r"for <", "for<", holder) else "inherent"
    elif holder.startswith("trait") or " trait " in f" {holder} ":
        trait = "declared"
    else:
        trait = "free"
    return Function(
        key=(*enclosing, label(header)),
        start=start,
        end=end,
        trait=trait,
        is_const=bool(re.search(r"\bconst (?:unsafe )?fn\b", text)),
    )


def trait_name(key):
    """The last name of the trait that a function's impl is of."""
    holder = next((e for e in reversed(key[:-1]) if "impl" in e.split(" ")[:2]), "")
    head = re.sub(r"for <[^>]*>", "", holder)
    before = head.split(" for ")[0]
    before = re.sub(r"^(?:unsafe |default )*impl\b ?", "", before)
    if before.startswith("<"):
        depth = 0
        for at, char in enumerate(before):
            depth += {"<": 1, ">": -1}.get(char, 0)
            if depth == 0:
                before = before[at + 1 :]
                break
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", before.split("<")[0])
    return words[-1] if words else ""
