//! Calls the monolith's own functions, for the end-to-end test to compare with.
//!
//! Input: a JSON array of `{"function": …, "event": …}`. Output: an array of `{"ok": answer}`,
//! `{"error": text}` or `{"panic": text}`, in the same order. Types that have no serde here are put together
//! by hand: that the generated crates can read them is what the test is about.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shop_auth::password::{hash_password, verify_password};
use shop_domain::catalog::{Catalog, Product};
use shop_domain::coupon::{Coupon, CouponKind};
use shop_domain::pricing::{price_basket, split_evenly};
use shop_render::invoice::{RenderOptions, render_invoice};
use shop_render::locale::Locale;
use shop_render::thumbnail::thumbnail;
use shop_server::shipping::{Parcel, estimate_shipping, estimate_shipping_blocking};

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let calls: Vec<Value> = serde_json::from_reader(std::io::stdin()).expect("an array of calls");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let answers: Vec<Value> = calls
        .iter()
        .map(|call| {
            let answer = catch_unwind(AssertUnwindSafe(|| runtime.block_on(answer(call))));
            match answer {
                Ok(Ok(value)) => json!({ "ok": value }),
                Ok(Err(error)) => json!({ "error": error }),
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().cloned();
                    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                    json!({ "panic": text.unwrap_or_default() })
                }
            }
        })
        .collect();
    println!("{}", Value::from(answers));
}

async fn answer(call: &Value) -> Result<Value, String> {
    let event = &call["event"];
    match text(&call["function"]) {
        "thumbnail" => {
            let image = BASE64_STANDARD.decode(text(&event["image"])).expect("base64");
            let small = said(thumbnail(&image, read(&event["max_side"])))?;
            Ok(BASE64_STANDARD.encode(small).into())
        }
        "render_invoice" => {
            let options = &event["options"];
            let options = RenderOptions {
                format: read(&options["format"]),
                locale: match text(&options["locale"]) {
                    "English" => Locale::English,
                    "French" => Locale::French,
                    "German" => Locale::German,
                    other => panic!("no locale {other}"),
                },
                tax_breakdown: read(&options["tax_breakdown"]),
                logo_url: read(&options["logo_url"]),
            };
            done(render_invoice(&read(&event["invoice"]), &options))
        }
        "hash_password" => {
            done(hash_password(text(&event["password"]), &read(&event["policy"])))
        }
        "verify_password" => {
            done(verify_password(text(&event["password"]), text(&event["hash"])))
        }
        "price_basket" => {
            let shelf = &event["catalog"];
            let products = shelf["products"].as_object().expect("products").values();
            let catalog = Catalog::with_products(read(&shelf["currency"]), products.map(read::<Product>));
            let coupon = &event["coupon"];
            let coupon = coupon.is_object().then(|| {
                let kind = CouponKind::Percent(read(&coupon["kind"]["Percent"]));
                let plain = Coupon::new(text(&coupon["code"]), kind);
                match read(&coupon["minimum_spend"]) {
                    Some(amount) => plain.minimum_spend(amount),
                    None => plain,
                }
            });
            done(price_basket(&read(&event["basket"]), &catalog.expect("a catalog"), coupon.as_ref()))
        }
        "split_evenly" => Ok(json!(split_evenly(read(&event["total"]), read(&event["parts"])))),
        "estimate_shipping" => {
            let parcel = &event["parcel"];
            let parcel = Parcel {
                weight_grams: read(&parcel["weight_grams"]),
                value: read(&parcel["value"]),
            };
            done(estimate_shipping(&parcel, &read(&event["destination"]), read(&event["speed"])).await)
        }
        "estimate_shipping_blocking" => {
            let parcel = &event["parcel"];
            let parcel = Parcel {
                weight_grams: read(&parcel["weight_grams"]),
                value: read(&parcel["value"]),
            };
            let (destination, speed) = (read(&event["destination"]), read(&event["speed"]));
            // This thread drives a runtime already.
            let ask = || estimate_shipping_blocking(&parcel, &destination, speed);
            done(std::thread::scope(|scope| scope.spawn(ask).join()).expect("an estimate"))
        }
        other => panic!("the probe does not know {other}"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    T::deserialize(value).expect("a value that the monolith can read")
}

fn said<T, E: Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn done<T: Serialize, E: Display>(result: Result<T, E>) -> Result<Value, String> {
    said(result).map(|value| json!(value))
}
