//! The steps that bring a database up to date.

use rusqlite::Connection;
use tracing::info;

use super::DbError;

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../migrations/", $name, ".sql")))),+]
    };
}

/// Only ever append to these: what has run in production stays as it is.
const MIGRATIONS: &[(&str, &str)] = migrations!["0001_init", "0002_coupons", "0003_sample_data"];

/// Runs the migrations that this database has not seen yet.
pub fn run(connection: &mut Connection) -> Result<(), DbError> {
    let done: usize = connection.query_row("PRAGMA user_version", (), |row| {
        row.get::<_, u32>(0).map(|version| version as usize)
    })?;
    for (index, (name, sql)) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", index as u32 + 1)?;
        transaction.commit()?;
        info!(name, "migrated the database");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        let version: u32 = connection
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .unwrap();
        assert_eq!(version as usize, MIGRATIONS.len());
    }
}
