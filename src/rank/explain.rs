//! Why is it here? One sentence an activity, Spanish first, made from the component that speaks most for it and a fact the
//! visitor can check. The numbers behind it are the score's own contributions.

use std::borrow::Cow;

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

/// The facts an explanation may use, each looked for when it is asked for: the first that speaks is enough.
pub trait Facts<'a> {
    /// Components by contribution, the largest first, those that speak for the activity only.
    fn components(&self) -> Vec<Component>;
    /// Declared tags the activity has.
    fn declared_tags(&self) -> Vec<&'a str>;
    /// Tags of the visitor's past the activity has, the weightiest first.
    fn history_tags(&self) -> Vec<&'a str>;
    /// The organiser, where the visitor chose them before.
    fn known_organiser(&self) -> Option<&'a str>;
    /// Whether the visitor chose the series before.
    fn knows_series(&self) -> bool;
    /// The locality, where it is the preferred one.
    fn preferred_locality(&self) -> Option<&'a str>;
    /// Kilometres from the visitor, where they allow it.
    fn distance_km(&self) -> Option<f32>;
    /// Whether it is near places the visitor chose.
    fn is_near_history(&self) -> bool;
    /// The declared part of the week it falls in.
    fn availability(&self) -> Option<&'a str>;
    /// Whether it falls on a weekday or at an hour the visitor often chooses.
    fn is_usual_time(&self) -> bool;
    /// How many saved or liked it.
    fn positives(&self) -> f32;
    /// The most alike activity the visitor chose.
    fn similar_title(&self) -> Option<Cow<'a, str>>;
    /// Whether the visitor told something about themselves.
    fn has_profile(&self) -> bool;
    /// Whether the slot explores.
    fn explores(&self) -> bool;
}

fn reason(code: &str, text: String, english: String) -> Option<Reason> {
    Some(Reason {
        code: code.to_owned(),
        text,
        english,
    })
}

/// The reason the facts give.
pub fn explain<'a>(facts: &impl Facts<'a>) -> Reason {
    if facts.explores()
        && let Some(found) = reason(
            "exploration",
            "Para descubrir algo distinto".into(),
            "To discover something different".into(),
        )
    {
        return found;
    }
    let found = facts
        .components()
        .into_iter()
        .find_map(|component| match component {
            Component::Content => content(facts),
            Component::Organiser => organiser(facts),
            Component::Place => place(facts),
            Component::Schedule => schedule(facts),
            Component::Popularity => popularity(facts),
            Component::TwoTower | Component::Factorization => likeness(facts),
            // A second look has no fact a visitor could check.
            Component::Adjustment => None,
        });
    let general = || Reason {
        code: "general".into(),
        text: "Destacada en la programación".into(),
        english: "Featured in the programme".into(),
    };
    found
        .or_else(|| content(facts))
        .or_else(|| popularity(facts))
        .unwrap_or_else(general)
}

fn content<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    let declared = facts.declared_tags();
    if !declared.is_empty() {
        let (es, en) = (list(&declared, true), list(&declared, false));
        return reason(
            "declared_tags",
            format!("Por tu interés en {es}"),
            format!("Because you are interested in {en}"),
        );
    }
    let chosen = facts.history_tags();
    if !chosen.is_empty() {
        let (es, en) = (list(&chosen, true), list(&chosen, false));
        return reason(
            "history_tags",
            format!("Porque has elegido {es}"),
            format!("Because you chose {en} before"),
        );
    }
    None
}

fn organiser<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    if facts.knows_series() {
        return reason(
            "series",
            "De una serie que ya elegiste".into(),
            "From a series you chose before".into(),
        );
    }
    let name = facts.known_organiser()?;
    reason(
        "organiser",
        format!("De {name}, que ya elegiste antes"),
        format!("By {name}, which you chose before"),
    )
}

fn place<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    if let Some(km) = facts.distance_km().filter(|&km| km <= 3.0) {
        let metres = (libm::roundf(km * 10.0) as u32) * 100;
        return reason(
            "near_now",
            format!("A unos {metres} m de ti"),
            format!("About {metres} m from you"),
        );
    }
    if let Some(locality) = facts.preferred_locality() {
        return reason(
            "locality",
            format!("En {locality}, tu localidad"),
            format!("In {locality}, your area"),
        );
    }
    facts.is_near_history().then_some(())?;
    reason(
        "near_history",
        "Cerca de lugares que has elegido".into(),
        "Near places you chose before".into(),
    )
}

fn schedule<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    if let Some(window) = facts.availability() {
        let window = window.replace('_', " ");
        return reason(
            "availability",
            format!("Coincide con tu disponibilidad: {window}"),
            format!("Fits when you are free: {window}"),
        );
    }
    facts.is_usual_time().then_some(())?;
    reason(
        "usual_time",
        "En un horario que sueles elegir".into(),
        "At a time you often choose".into(),
    )
}

fn popularity<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    (facts.positives() >= 1.0).then_some(())?;
    reason(
        "popular",
        "Popular en estos días".into(),
        "Popular these days".into(),
    )
}

fn likeness<'a>(facts: &impl Facts<'a>) -> Option<Reason> {
    if let Some(title) = facts.similar_title() {
        return reason(
            "similar",
            format!("Se parece a «{title}»"),
            format!("Similar to “{title}”"),
        );
    }
    facts.has_profile().then_some(())?;
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
            // To change the case of a whole text takes code that a visitor would download.
            let starts_with_i = two
                .trim_start_matches(['h', 'H'])
                .starts_with(['i', 'I', 'í', 'Í', 'İ']);
            format!("{one} {} {two}", if starts_with_i { "e" } else { "y" })
        }
        [one, two, ..] => format!("{one} and {two}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of an activity: components that speak for it, declared tags, the visitor's locality; nothing else.
    #[derive(Default)]
    struct Known {
        components: Vec<Component>,
        tags: Vec<&'static str>,
        locality: Option<&'static str>,
    }

    impl Facts<'static> for Known {
        fn components(&self) -> Vec<Component> {
            self.components.clone()
        }
        fn declared_tags(&self) -> Vec<&'static str> {
            self.tags.clone()
        }
        fn history_tags(&self) -> Vec<&'static str> {
            Vec::new()
        }
        fn known_organiser(&self) -> Option<&'static str> {
            None
        }
        fn knows_series(&self) -> bool {
            false
        }
        fn preferred_locality(&self) -> Option<&'static str> {
            self.locality
        }
        fn distance_km(&self) -> Option<f32> {
            None
        }
        fn is_near_history(&self) -> bool {
            false
        }
        fn availability(&self) -> Option<&'static str> {
            None
        }
        fn is_usual_time(&self) -> bool {
            false
        }
        fn positives(&self) -> f32 {
            0.0
        }
        fn similar_title(&self) -> Option<Cow<'static, str>> {
            None
        }
        fn has_profile(&self) -> bool {
            false
        }
        fn explores(&self) -> bool {
            false
        }
    }

    #[test]
    fn the_largest_component_with_a_fact_speaks() {
        let local = |components| Known {
            components,
            tags: vec!["música", "historia"],
            locality: Some("Chapinero"),
        };
        let all = vec![Component::TwoTower, Component::Place, Component::Content];
        assert_eq!(explain(&local(all)).code, "locality");
        assert_eq!(
            explain(&local(vec![Component::Content])).text,
            "Por tu interés en música e historia"
        );
    }

    #[test]
    fn there_is_always_a_sentence() {
        let nothing = explain(&Known::default());
        assert_eq!(nothing.code, "general");
        assert!(!nothing.text.is_empty() && !nothing.english.is_empty());
    }

    #[test]
    fn spanish_hears_an_i_in_either_case() {
        for letter in ' '..=char::MAX {
            for word in [format!("{letter}a"), format!("{letter}ia")] {
                let lower = word.to_lowercase();
                let expected = lower.trim_start_matches('h').starts_with(['i', 'í']);
                let list = list(&["a", &word], true);
                assert_eq!(list.starts_with("a e "), expected, "{list}");
            }
        }
    }
}
