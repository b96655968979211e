//! How do the tables of a store come to be what this build expects? Step by step, each once.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The steps by name, with what each does, numbered from 1. Listed by hand: the macro that reads a folder would build the
/// database drivers a second time.
pub(super) fn migrator(steps: &[(&'static str, &'static str)]) -> Migrator {
    let numbered = (1..).zip(steps);
    let migrations = numbered.map(|(number, &(name, sql))| {
        let sql = sql.into_sql_str();
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}
