//! `shop_domain::pricing::split_evenly` on Lambda, by hand.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use shop_domain::Money;
use shop_domain::pricing::split_evenly;

#[derive(Deserialize)]
struct Request {
    total: Money,
    parts: u32,
}

async fn handle(event: LambdaEvent<Request>) -> Result<Vec<Money>, Error> {
    Ok(split_evenly(event.payload.total, event.payload.parts))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
