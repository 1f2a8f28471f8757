//! `shop_render::thumbnail::thumbnail` on Lambda, by hand.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use shop_render::thumbnail::thumbnail;

#[derive(Deserialize)]
struct Request {
    image: String,
    max_side: u32,
}

async fn handle(event: LambdaEvent<Request>) -> Result<String, Error> {
    let image = BASE64_STANDARD.decode(event.payload.image)?;
    let small = thumbnail(&image, event.payload.max_side)?;
    Ok(BASE64_STANDARD.encode(small))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
