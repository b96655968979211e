//! What is on? The repertoire: patterns of titles and descriptions, who organises them, where and at which hours.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::{DemoError, Result};

/// One pattern. With [`Programme::every`] it is a series, without it every theme happens once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Programme {
    /// Title with placeholders, see `data/musica.toml`.
    pub(super) title: String,
    /// Type of activity.
    pub(super) kind: String,
    /// Tags.
    pub(super) tags: Vec<String>,
    /// Key of the organiser.
    pub(super) by: String,
    /// Keys of the venues.
    pub(super) at: Vec<String>,
    /// Weekdays, two letters each: `lu ma mi ju vi sa do`.
    pub(super) days: String,
    /// Starts, `HH:MM`.
    pub(super) hours: String,
    /// Duration.
    pub(super) minutes: u16,
    /// Lowest and highest price in thousands of pesos, `low-high`; absent is free.
    #[serde(default)]
    pub(super) price: Option<String>,
    /// Level of effort.
    #[serde(default)]
    pub(super) level: Option<String>,
    /// Weeks between two occurrences of the series.
    #[serde(default)]
    pub(super) every: Option<u8>,
    /// Occurrences of the series.
    #[serde(default)]
    pub(super) run: Option<u8>,
    /// Single occurrences, where there are no themes.
    #[serde(default)]
    pub(super) times: Option<u8>,
    /// Months it is bound to, if any.
    #[serde(default)]
    pub(super) months: Vec<u8>,
    /// Description with placeholders.
    pub(super) text: String,
    /// Themes: `words for the title | a sentence for the description`.
    #[serde(default)]
    pub(super) themes: Vec<String>,
}

/// Weekday letters, Monday first.
const WEEKDAYS: [&str; 7] = ["lu", "ma", "mi", "ju", "vi", "sa", "do"];

impl Programme {
    /// Its weekdays, Monday = 0.
    pub(super) fn weekdays(&self) -> Vec<u8> {
        let position = |word| WEEKDAYS.iter().position(|&day| day == word);
        self.days
            .split_whitespace()
            .filter_map(position)
            .filter_map(|index| u8::try_from(index).ok())
            .collect()
    }

    /// Its starts as (hour, minute).
    pub(super) fn starts(&self) -> Vec<(u8, u8)> {
        let read = |text: &str| {
            text.split_once(':')
                .and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)))
        };
        self.hours.split_whitespace().filter_map(read).collect()
    }

    /// Lowest and highest price in thousands of pesos.
    pub(super) fn price_range(&self) -> (usize, usize) {
        let read = |text: &str| {
            text.split_once('-')
                .and_then(|(l, h)| Some((l.parse().ok()?, h.parse().ok()?)))
        };
        self.price.as_deref().and_then(read).unwrap_or((0, 0))
    }

    /// A theme's words for the title and its sentence.
    pub(super) fn theme(&self, index: usize) -> (&str, &str) {
        let theme = match self.themes.len() {
            0 => "",
            count => self.themes[index % count].as_str(),
        };
        theme.split_once(" | ").unwrap_or((theme, ""))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repertoire {
    programme: Vec<Programme>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organisers {
    organisers: BTreeMap<String, String>,
}

const REPERTOIRE: [(&str, &str); 7] = [
    ("musica.toml", include_str!("data/musica.toml")),
    ("escena.toml", include_str!("data/escena.toml")),
    ("letras.toml", include_str!("data/letras.toml")),
    ("arte.toml", include_str!("data/arte.toml")),
    ("deporte.toml", include_str!("data/deporte.toml")),
    (
        "pedal_y_zancada.toml",
        include_str!("data/pedal_y_zancada.toml"),
    ),
    ("recreacion.toml", include_str!("data/recreacion.toml")),
];

/// All patterns, in the order of the tables.
pub(super) fn repertoire() -> Result<Vec<Programme>> {
    let mut all = Vec::new();
    for (table, text) in REPERTOIRE {
        all.extend(read::<Repertoire>(table, text)?.programme);
    }
    Ok(all)
}

/// Organisers by key.
pub(super) fn organisers() -> Result<BTreeMap<String, String>> {
    Ok(read::<Organisers>("organisers.toml", include_str!("data/organisers.toml"))?.organisers)
}

/// Reads a built-in table.
pub(super) fn read<T: serde::de::DeserializeOwned>(table: &'static str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| DemoError::Table {
        table,
        detail: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::place::venues;

    #[test]
    fn the_repertoire_is_wide_and_refers_only_to_known_places_and_organisers() {
        let (programmes, organisers, venues) = (
            repertoire().unwrap(),
            organisers().unwrap(),
            venues().unwrap(),
        );
        let titles: BTreeSet<&str> = programmes
            .iter()
            .map(|programme| programme.title.as_str())
            .collect();
        assert!(
            titles.len() >= 80 && titles.len() == programmes.len(),
            "{}",
            titles.len()
        );
        let tags: BTreeSet<&str> = programmes
            .iter()
            .flat_map(|programme| &programme.tags)
            .map(String::as_str)
            .collect();
        assert!((30..=40).contains(&tags.len()), "{tags:?}");
        for programme in &programmes {
            let title = &programme.title;
            assert!(organisers.contains_key(&programme.by), "{title}");
            assert!(
                !programme.at.is_empty() && programme.at.iter().all(|key| venues.contains_key(key)),
                "{title}"
            );
            assert_eq!(
                programme.weekdays().len(),
                programme.days.split_whitespace().count(),
                "{title}"
            );
            assert_eq!(
                programme.starts().len(),
                programme.hours.split_whitespace().count(),
                "{title}"
            );
            assert!(
                programme
                    .starts()
                    .iter()
                    .all(|&(hour, minute)| (6..=21).contains(&hour) && minute < 60),
                "{title}"
            );
            assert!(
                (1..=5).contains(&programme.tags.len()) && programme.minutes >= 30,
                "{title}"
            );
            assert!(
                ["cultura", "deporte", "recreacion"].contains(&programme.kind.as_str()),
                "{title}"
            );
            assert!(
                matches!(
                    programme.level.as_deref(),
                    None | Some("bajo" | "medio" | "alto")
                ),
                "{title}"
            );
            assert_eq!(
                programme.title.contains("{tema}"),
                !programme.themes.is_empty(),
                "{title}"
            );
            assert!(
                programme.price.is_none() || programme.price_range().1 > 0,
                "{title}"
            );
            assert_eq!(
                programme.every.is_some(),
                programme.run.is_some(),
                "{title}"
            );
        }
    }
}
