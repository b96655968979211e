//! How is it said? Placeholders become Spanish with the right articles, and descriptions end with what one must know.

use serde::Deserialize;
use triqueta::math::Random;

use super::error::Result;
use super::place::{Setting, Venue};
use super::programme::read;

/// Puts a venue and a theme into a pattern, with the contractions `del` and `al`.
pub(super) fn fill(pattern: &str, venue: &Venue, theme: &str) -> String {
    let name = venue.name.as_str();
    let (of, to, with_article) = match venue.article.as_str() {
        "el" => (
            format!("del {name}"),
            format!("al {name}"),
            format!("el {name}"),
        ),
        "" => (format!("de {name}"), format!("a {name}"), name.to_owned()),
        article => (
            format!("de {article} {name}"),
            format!("a {article} {name}"),
            format!("{article} {name}"),
        ),
    };
    let filled = pattern
        .replace("{en}", &format!("en {with_article}"))
        .replace("{de}", &of)
        .replace("{a}", &to)
        .replace("{lugar}", &with_article)
        .replace("{nombre}", name)
        .replace("{tema}", theme);
    capitalised(&filled)
}

/// The name of a series: its title without the theme.
pub(super) fn series_name(pattern: &str, venue: &Venue) -> String {
    fill(
        &pattern.replace(": {tema}", "").replace("{tema}", ""),
        venue,
        "",
    )
    .trim()
    .to_owned()
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// A price as people write it, such as `$25.000`; the argument is in thousands of pesos.
pub(super) fn pesos(thousands: usize) -> String {
    format!("${thousands}.000")
}

/// Practical sentences, by what they are about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closers {
    free: Vec<String>,
    paid: Vec<String>,
    indoors: Vec<String>,
    outdoors: Vec<String>,
}

impl Closers {
    /// Reads the built-in table.
    pub(super) fn load() -> Result<Self> {
        read("closers.toml", include_str!("data/closers.toml"))
    }

    /// One sentence about the place, one about the price.
    pub(super) fn pick(
        &self,
        setting: Setting,
        price_thousands: usize,
        random: &mut Random,
    ) -> String {
        let about_place = match setting {
            Setting::Indoors => &self.indoors,
            Setting::Outdoors => &self.outdoors,
        };
        let about_price = if price_thousands == 0 {
            &self.free
        } else {
            &self.paid
        };
        let place = about_place
            .get(random.below(about_place.len()))
            .map_or("", String::as_str);
        let price = about_price
            .get(random.below(about_price.len()))
            .map_or("", String::as_str);
        format!(
            "{place} {}",
            price.replace("{precio}", &pesos(price_thousands))
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::demo::place::venues;

    #[test]
    fn articles_contract_with_prepositions() {
        let venues = venues().unwrap();
        let pattern = "visita {a}: patios {de}, {en}";
        assert_eq!(
            fill(pattern, &venues["oro"], ""),
            "Visita al Museo del Oro: patios del Museo del Oro, en el Museo del Oro"
        );
        assert_eq!(
            fill(pattern, &venues["bolivar"], ""),
            "Visita a la Plaza de Bolívar: patios de la Plaza de Bolívar, en la Plaza de Bolívar"
        );
        assert_eq!(
            fill(pattern, &venues["monserrate"], ""),
            "Visita a Monserrate: patios de Monserrate, en Monserrate"
        );
        assert_eq!(
            series_name("Salsa {en}: {tema}", &venues["faenza"]),
            "Salsa en el Teatro Faenza"
        );
        assert_eq!(pesos(25), "$25.000");
    }
}
