//! What all requests share.

use std::sync::Arc;

use shop_auth::{Clock, SessionStore, SystemClock, TokenKey};
use shop_domain::customer::{Address, Email};
use shop_domain::date::Date;
use shop_domain::invoice::Party;
use shop_domain::tax::Region;

use crate::config::Config;
use crate::db::{Database, DbError};
use crate::mailer::Mailer;

/// The state of the service, cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    database: Database,
    key: TokenKey,
    sessions: SessionStore,
    mailer: Mailer,
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

impl AppState {
    /// Opens the database and prepares everything else.
    pub fn open(config: Config) -> Result<Self, DbError> {
        let database = Database::open(config.database.as_deref())?;
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                key: TokenKey::new(config.token_secret.as_bytes()),
                sessions: SessionStore::new(SystemClock, config.session_idle),
                mailer: Mailer::default(),
                config,
            }),
        })
    }

    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    pub fn key(&self) -> &TokenKey {
        &self.inner.key
    }

    pub fn sessions(&self) -> &SessionStore {
        &self.inner.sessions
    }

    pub fn mailer(&self) -> &Mailer {
        &self.inner.mailer
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        SystemClock.now()
    }

    /// The day it is in UTC.
    pub fn today(&self) -> Date {
        Date::from_unix_days((self.now() / SECONDS_PER_DAY) as i64)
    }

    /// Who writes the invoices.
    pub fn seller(&self) -> Party {
        Party {
            name: "The Corner Shop".to_owned(),
            address: Address {
                street: "Marktplatz 5".to_owned(),
                postal_code: "06108".to_owned(),
                city: "Halle".to_owned(),
                region: Region::Germany,
            },
            email: Email::try_from("hello@shop.example".to_owned()).ok(),
            tax_number: Some("DE123456789".to_owned()),
        }
    }
}
