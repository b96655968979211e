//! The moment of the request, on the city's clock.

use crate::catalog::City;

/// Names of [`ContextRow::numbers`], in order.
pub const CONTEXT_NUMBERS: [&str; 5] = ["weekend", "holiday", "morning", "afternoon", "evening"];

/// When it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContextRow {
    /// Season, 0 unknown.
    pub season: u8,
    /// Local weekday, Monday = 0.
    pub weekday: u8,
    /// Columns as [`CONTEXT_NUMBERS`] names them.
    pub numbers: [f32; CONTEXT_NUMBERS.len()],
}

impl ContextRow {
    /// The row of a moment.
    pub fn at(now_ms: i64, city: &City) -> Self {
        let local = city.local_time(now_ms);
        let flag = |condition: bool| f32::from(u8::from(condition));
        Self {
            season: city.season(local),
            weekday: local.weekday,
            numbers: [
                flag(local.is_weekend()),
                flag(city.is_holiday(local)),
                flag((6..12).contains(&local.hour)),
                flag((12..18).contains(&local.hour)),
                flag((18..24).contains(&local.hour)),
            ],
        }
    }
}
