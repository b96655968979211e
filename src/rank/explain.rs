//! Why is it here? One sentence an activity, Spanish first, made from the component that speaks most for it and a fact the
//! visitor can check. The numbers behind it are the score's own contributions.

use serde::{Deserialize, Serialize};

use crate::feature::Component;

/// A reason: a stable code for machines, a sentence in Spanish and in English for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, such as `declared_tags`.
    pub code: String,
    /// The sentence in Spanish.
    pub text: String,
    /// The sentence in English.
    pub english: String,
}

/// The facts an explanation may use.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReasonInputs<'a> {
    /// Components by contribution, the largest first, those that speak for the activity only.
    pub components: Vec<Component>,
    /// Declared tags the activity has.
    pub declared_tags: Vec<&'a str>,
    /// Tags of the visitor's past the activity has, the weightiest first.
    pub history_tags: Vec<&'a str>,
    /// The organiser, where the visitor chose them before.
    pub known_organiser: Option<&'a str>,
    /// Whether the visitor chose the series before.
    pub known_series: bool,
    /// The locality, where it is the preferred one.
    pub preferred_locality: Option<&'a str>,
    /// Kilometres from the visitor, where they allow it.
    pub distance_km: Option<f32>,
    /// Whether it is near places the visitor chose.
    pub near_history: bool,
    /// The declared part of the week it falls in.
    pub availability: Option<&'a str>,
    /// Whether it falls on a weekday or at an hour the visitor often chooses.
    pub usual_time: bool,
    /// How many saved or liked it.
    pub positives: f32,
    /// The most alike activity the visitor chose.
    pub similar_title: Option<&'a str>,
    /// Whether the visitor told something about themselves.
    pub has_profile: bool,
    /// Whether the slot explores.
    pub exploration: bool,
}

fn reason(code: &str, text: String, english: String) -> Option<Reason> {
    Some(Reason {
        code: code.to_owned(),
        text,
        english,
    })
}

/// The reason the facts give.
pub fn explain(inputs: &ReasonInputs<'_>) -> Reason {
    if inputs.exploration
        && let Some(found) = reason(
            "exploration",
            "Para descubrir algo distinto".into(),
            "To discover something different".into(),
        )
    {
        return found;
    }
    let found = inputs
        .components
        .iter()
        .find_map(|component| match component {
            Component::Content => content(inputs),
            Component::Organiser => organiser(inputs),
            Component::Place => place(inputs),
            Component::Schedule => schedule(inputs),
            Component::Popularity => popularity(inputs),
            Component::TwoTower | Component::Factorization => likeness(inputs),
            // A second look has no fact a visitor could check.
            Component::Adjustment => None,
        });
    let general = || Reason {
        code: "general".into(),
        text: "Destacada en la programación".into(),
        english: "Featured in the programme".into(),
    };
    found
        .or_else(|| content(inputs))
        .or_else(|| popularity(inputs))
        .unwrap_or_else(general)
}

fn content(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    if !inputs.declared_tags.is_empty() {
        let (es, en) = (
            list(&inputs.declared_tags, true),
            list(&inputs.declared_tags, false),
        );
        return reason(
            "declared_tags",
            format!("Por tu interés en {es}"),
            format!("Because you are interested in {en}"),
        );
    }
    if !inputs.history_tags.is_empty() {
        let (es, en) = (
            list(&inputs.history_tags, true),
            list(&inputs.history_tags, false),
        );
        return reason(
            "history_tags",
            format!("Porque has elegido {es}"),
            format!("Because you chose {en} before"),
        );
    }
    None
}

fn organiser(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    if inputs.known_series {
        return reason(
            "series",
            "De una serie que ya elegiste".into(),
            "From a series you chose before".into(),
        );
    }
    let name = inputs.known_organiser?;
    reason(
        "organiser",
        format!("De {name}, que ya elegiste antes"),
        format!("By {name}, which you chose before"),
    )
}

fn place(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    if let Some(km) = inputs.distance_km.filter(|&km| km <= 3.0) {
        let metres = (libm::roundf(km * 10.0) as u32) * 100;
        return reason(
            "near_now",
            format!("A unos {metres} m de ti"),
            format!("About {metres} m from you"),
        );
    }
    if let Some(locality) = inputs.preferred_locality {
        return reason(
            "locality",
            format!("En {locality}, tu localidad"),
            format!("In {locality}, your area"),
        );
    }
    inputs.near_history.then_some(())?;
    reason(
        "near_history",
        "Cerca de lugares que has elegido".into(),
        "Near places you chose before".into(),
    )
}

fn schedule(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    if let Some(window) = inputs.availability {
        let window = window.replace('_', " ");
        return reason(
            "availability",
            format!("Coincide con tu disponibilidad: {window}"),
            format!("Fits when you are free: {window}"),
        );
    }
    inputs.usual_time.then_some(())?;
    reason(
        "usual_time",
        "En un horario que sueles elegir".into(),
        "At a time you often choose".into(),
    )
}

fn popularity(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    (inputs.positives >= 1.0).then_some(())?;
    reason(
        "popular",
        "Popular en estos días".into(),
        "Popular these days".into(),
    )
}

fn likeness(inputs: &ReasonInputs<'_>) -> Option<Reason> {
    if let Some(title) = inputs.similar_title {
        return reason(
            "similar",
            format!("Se parece a «{title}»"),
            format!("Similar to “{title}”"),
        );
    }
    inputs.has_profile.then_some(())?;
    reason(
        "profile",
        "Encaja con lo que nos contaste".into(),
        "Fits what you told us".into(),
    )
}

/// Up to two words joined as the language does: "música y teatro", "música e historia", "music and theatre".
fn list(words: &[&str], spanish: bool) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two, ..] if spanish => {
            let starts_with_i = two
                .to_lowercase()
                .trim_start_matches('h')
                .starts_with(['i', 'í']);
            format!("{one} {} {two}", if starts_with_i { "e" } else { "y" })
        }
        [one, two, ..] => format!("{one} and {two}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_component_with_a_fact_speaks() {
        let inputs = ReasonInputs {
            components: vec![Component::TwoTower, Component::Place, Component::Content],
            declared_tags: vec!["música", "historia"],
            preferred_locality: Some("Chapinero"),
            ..ReasonInputs::default()
        };
        assert_eq!(explain(&inputs).code, "locality");
        let content = ReasonInputs {
            components: vec![Component::Content],
            ..inputs
        };
        assert_eq!(
            explain(&content).text,
            "Por tu interés en música e historia"
        );
    }

    #[test]
    fn there_is_always_a_sentence() {
        let nothing = explain(&ReasonInputs::default());
        assert_eq!(nothing.code, "general");
        assert!(!nothing.text.is_empty() && !nothing.english.is_empty());
    }
}
