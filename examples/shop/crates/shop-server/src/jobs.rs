//! What happens without anyone asking for it.

use std::time::Duration;

use shop_domain::Date;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use crate::db::{DbError, orders};
use crate::state::AppState;

const PERIOD: Duration = Duration::from_secs(60);

/// How many days an order may stay unpaid.
const UNPAID_DAYS: i64 = 30;

/// Tidies up once a minute, until the task is aborted.
pub async fn run(state: AppState) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = tidy_up(&state).await {
            error!(%error, "could not tidy up");
        }
    }
}

/// Ends idle sessions, sends the mails and cancels forgotten orders.
pub async fn tidy_up(state: &AppState) -> Result<(), DbError> {
    let sessions = state.sessions().sweep();
    let mails = state
        .mailer()
        .flush(|mail| info!(to = %mail.to, subject = mail.subject, "sent a mail"));
    let limit = Date::from_unix_days(state.today().to_unix_days() - UNPAID_DAYS);
    let cancelled = state
        .database()
        .call(move |connection| orders::cancel_unpaid(connection, limit))
        .await?;
    if sessions + mails + cancelled > 0 {
        info!(sessions, mails, cancelled, "tidied up");
    }
    Ok(())
}
