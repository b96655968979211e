//! Taste by tag and type: what content models assume, with declared interests that are partly honest.

use triqueta::math::Random;

use super::{Facts, Names, RESERVE, logistic};

/// Tags that go together in a person.
const CIRCLES: [&[&str]; 11] = [
    &["música", "jazz", "nocturno", "café"],
    &["música", "rock", "nocturno", "mercado"],
    &["clásica", "música", "patrimonio", "historia"],
    &["familia", "taller", "circo", "aire libre"],
    &["running", "ciclismo", "bienestar", "senderismo"],
    &["literatura", "poesía", "charla", "idiomas"],
    &["gastronomía", "café", "mercado", "patrimonio"],
    &["naturaleza", "senderismo", "fotografía", "recorrido"],
    &["tecnología", "ciencia", "astronomía", "juegos"],
    &["danza", "salsa", "teatro", "nocturno"],
    &["dibujo", "artesanía", "exposición", "cine"],
];

/// Weights of tags, types and levels.
#[derive(Debug, Clone, PartialEq)]
pub struct ByTag {
    tag_weights: Vec<f64>,
    kind_weights: Vec<f64>,
    level: Option<usize>,
    price_aversion: f64,
}

impl ByTag {
    /// Draws a taste: one or two circles of tags, a tag of its own, two tags disliked.
    pub fn draw(names: &Names, random: &mut Random) -> Self {
        let mut tag_weights: Vec<f64> = (0..names.tags.len())
            .map(|_| 0.1 * random.normal())
            .collect();
        let mut set = |word: &str, weight: f64| {
            if let Some(tag) = names.tag(word) {
                tag_weights[tag] = weight;
            }
        };
        for _ in 0..2 {
            if !names.tags.is_empty() {
                set(&names.tags[random.below(names.tags.len())], -1.2);
            }
        }
        let circles = if random.uniform() < 0.45 { 2 } else { 1 };
        for _ in 0..circles {
            for word in CIRCLES[random.below(CIRCLES.len())] {
                if random.uniform() < 0.8 {
                    set(word, 0.9 + 0.8 * random.uniform());
                }
            }
        }
        if !names.tags.is_empty() {
            set(&names.tags[random.below(names.tags.len())], 1.4);
        }
        Self {
            tag_weights,
            kind_weights: names.kinds.iter().map(|_| 0.5 * random.normal()).collect(),
            level: (random.uniform() < 0.6 && !names.levels.is_empty())
                .then(|| random.below(names.levels.len())),
            price_aversion: 0.1 + 0.3 * random.uniform(),
        }
    }

    pub(super) fn utility(&self, activity: &Facts) -> f64 {
        let tags: f64 = activity
            .tags
            .iter()
            .filter_map(|&tag| self.tag_weights.get(tag))
            .sum();
        let kind = self.kind_weights.get(activity.kind).copied().unwrap_or(0.0);
        let level = match (self.level, activity.level) {
            (Some(wanted), Some(found)) => {
                if wanted == found {
                    0.4
                } else {
                    -0.5
                }
            }
            _ => 0.0,
        };
        let price = self.price_aversion * activity.price_thousands / 20.0;
        logistic(RESERVE + tags + kind + level - price + 0.5 * activity.appeal)
    }

    /// What the visitor tells the page: two thirds of the loved tags, and now and then one that is only polite.
    pub fn declare(&self, names: &Names, random: &mut Random) -> Vec<String> {
        let mut declared = Vec::new();
        for (tag, &weight) in self.tag_weights.iter().enumerate() {
            if weight > 0.6 && random.uniform() < 0.67 {
                declared.push(names.tags[tag].clone());
            }
        }
        if random.uniform() < 0.3 && !names.tags.is_empty() {
            let polite = &names.tags[random.below(names.tags.len())];
            if !declared.contains(polite) {
                declared.push(polite.clone());
            }
        }
        declared
    }

    /// The level the visitor prefers, if any.
    pub fn level(&self) -> Option<usize> {
        self.level
    }
}
