//! Starts the shop.

use std::error::Error;

use shop_server::{AppState, Config, jobs, router};
use tokio::net::TcpListener;
use tracing::info;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();

    let config = Config::from_env()?;
    let listener = TcpListener::bind(config.listen).await?;
    let state = AppState::open(config)?;
    let sweeper = tokio::spawn(jobs::run(state.clone()));

    info!(address = %listener.local_addr()?, "the shop is open");
    axum::serve(listener, router(state))
        .with_graceful_shutdown(interrupted())
        .await?;
    sweeper.abort();
    info!("the shop is closed");
    Ok(())
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "cannot wait for the interrupt, shutting down");
    }
}
