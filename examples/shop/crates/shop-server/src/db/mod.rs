//! The database: one SQLite connection behind a lock, used off the async
//! threads.

pub mod coupons;
pub mod customers;
pub mod migrations;
pub mod orders;
pub mod products;

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Row};
use thiserror::Error;

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum DbError {
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the column {column} holds `{text}`: {reason}")]
    Column {
        column: &'static str,
        text: String,
        reason: String,
    },
    #[error("a stored document cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the work was interrupted: {0}")]
    Join(#[from] tokio::task::JoinError),
}

/// A handle to the database, cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
}

impl Database {
    /// Opens the file, or a database in memory, and brings it up to date.
    pub fn open(path: Option<&Path>) -> Result<Self, DbError> {
        let mut connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.pragma_update(None, "foreign_keys", true)?;
        migrations::run(&mut connection)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs `work` where it may block.
    pub async fn call<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.call_blocking(work)).await?
    }

    /// Like [`call`](Self::call), but on this thread.
    pub fn call_blocking<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        // A transaction that panics is rolled back, so the connection is fine.
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut connection)
    }
}

/// Reads a column whose text parses as `T`.
fn parsed<T>(row: &Row<'_>, column: &'static str) -> Result<T, DbError>
where
    T: FromStr<Err: ToString>,
{
    parse(column, row.get(column)?)
}

/// Reads a column like [`parsed`] that may be null.
fn parsed_if_any<T>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, DbError>
where
    T: FromStr<Err: ToString>,
{
    row.get::<_, Option<String>>(column)?
        .map(|text| parse(column, text))
        .transpose()
}

fn parse<T>(column: &'static str, text: String) -> Result<T, DbError>
where
    T: FromStr<Err: ToString>,
{
    text.parse().map_err(|error: T::Err| DbError::Column {
        column,
        reason: error.to_string(),
        text,
    })
}
