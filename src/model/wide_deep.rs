//! Wide & Deep (Cheng et al. 2016, "Wide & deep learning for recommender systems"): crosses of codes remember exact
//! pairs ("who names *jazz* takes *concert*"), a perceptron over embeddings and numbers generalises, and their logits
//! add up.
//!
//! Crosses are pairs of codes, not hashes: 16 bits a side, so that a code means the same however large a vocabulary
//! grows, and a pair the training never met weighs nothing. The first layer is a sum of the visitor's part, computed
//! once a request, the activity's, computed once a bundle, and the pair's.

use ndarray::{Array1, Array2};

use super::dense::{Dense, Outputs};
use crate::feature::{ACTIVITY_NUMBERS, ActivityRow, CONTEXT_NUMBERS, USER_NUMBERS, UserRow};
use crate::feature::{PAIR_FEATURES, PairRow};

/// Widths of the layers, each rectified.
pub const WIDE_DEEP_LAYERS: [usize; 4] = [128, 64, 32, 16];
/// The visitor's bags of codes and the widths of their embeddings.
pub const VISITOR_FIELDS: [(&str, usize); 11] = [
    ("tag", 16),
    ("locality", 8),
    ("level", 4),
    ("availability", 4),
    ("season", 4),
    ("weekday", 4),
    ("past_kind", 8),
    ("past_tag", 16),
    ("past_locality", 8),
    ("past_organiser", 8),
    ("past_series", 8),
];
/// The activity's bags of codes and the widths of their embeddings.
pub const ACTIVITY_FIELDS: [(&str, usize); 9] = [
    ("kind", 8),
    ("tag", 16),
    ("locality", 8),
    ("level", 4),
    ("organiser", 8),
    ("series", 8),
    ("season", 4),
    ("weekday", 4),
    ("slot", 4),
];
/// The crosses, in order.
pub const CROSSES: [&str; 3] = ["tag_tag", "locality_locality", "kind_level"];
/// Numbers the visitor gives to the first layer: of fields, of the visitor, of the moment.
pub const VISITOR_WIDTH: usize =
    width(&VISITOR_FIELDS) + USER_NUMBERS.len() + CONTEXT_NUMBERS.len();
/// Numbers the activity gives to the first layer: of fields, of the activity.
pub const ACTIVITY_WIDTH: usize = width(&ACTIVITY_FIELDS) + ACTIVITY_NUMBERS.len();

const fn width(fields: &[(&str, usize)]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < fields.len() {
        sum += fields[at].1;
        at += 1;
    }
    sum
}

/// One side's bags of codes, one a field, and the numbers that follow them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WideDeepInput {
    /// A bag a field, in the fields' order. A code without a row is read as 0, unknown.
    pub bags: Vec<Vec<u32>>,
    /// Numbers of order one.
    pub numbers: Vec<f32>,
}

impl WideDeepInput {
    /// A visitor at a moment, and what they liked before: the history speaks through its own words, not through towers
    /// that learned the same choices by heart.
    pub fn of_visitor<'a>(user: &UserRow, liked: impl Iterator<Item = &'a ActivityRow>) -> Self {
        let windows = (0..16).filter(|bit| user.availability & (1 << bit) != 0);
        let numbers = user.numbers.iter().chain(&user.context.numbers);
        let mut past: [Vec<u32>; 5] = Default::default();
        for activity in liked {
            past[0].push(u32::from(activity.kind));
            past[1].extend(activity.tags.iter().map(|&tag| u32::from(tag)));
            past[2].push(u32::from(activity.locality));
            past[3].push(u32::from(activity.organiser));
            past[4].push(u32::from(activity.series));
        }
        let [kinds, tags, localities, organisers, series] = past;
        Self {
            bags: vec![
                user.tags.iter().map(|&tag| u32::from(tag)).collect(),
                vec![u32::from(user.locality)],
                vec![u32::from(user.level)],
                windows.collect(),
                vec![u32::from(user.context.season)],
                vec![u32::from(user.context.weekday)],
                kinds,
                tags,
                localities,
                organisers,
                series,
            ],
            numbers: numbers.copied().collect(),
        }
    }

    /// An activity.
    pub fn of_activity(activity: &ActivityRow) -> Self {
        Self {
            bags: vec![
                vec![u32::from(activity.kind)],
                activity.tags.iter().map(|&tag| u32::from(tag)).collect(),
                vec![u32::from(activity.locality)],
                vec![u32::from(activity.level)],
                vec![u32::from(activity.organiser)],
                vec![u32::from(activity.series)],
                vec![u32::from(activity.season)],
                vec![u32::from(activity.weekday)],
                vec![u32::from(activity.slot)],
            ],
            numbers: activity.numbers.to_vec(),
        }
    }

    /// The numbers of the first layer: the mean of each bag's embeddings, then the numbers.
    fn look_up(&self, tables: &[Array2<f32>]) -> Vec<f32> {
        let mut x = Vec::new();
        for (bag, table) in self.bags.iter().zip(tables) {
            let start = x.len();
            x.resize(start + table.ncols(), 0.0);
            for &code in bag {
                let code = code as usize;
                let row = table.row(if code < table.nrows() { code } else { 0 });
                for (sum, value) in x[start..].iter_mut().zip(row) {
                    *sum += value;
                }
            }
            if bag.len() > 1 {
                for sum in &mut x[start..] {
                    *sum /= bag.len() as f32;
                }
            }
        }
        x.extend(&self.numbers);
        x
    }
}

/// Weights of the pairs of codes a training met; every other pair weighs nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cross {
    /// [`Cross::code`]s, ascending.
    pub codes: Vec<u32>,
    /// The weight of each.
    pub weights: Vec<f32>,
}

impl Cross {
    /// The code of a pair.
    pub fn code(first: u16, second: u16) -> u32 {
        (u32::from(first) << 16) | u32::from(second)
    }

    fn weight(&self, code: u32) -> f32 {
        let found = self.codes.binary_search(&code).ok();
        found.map_or(0.0, |at| self.weights.get(at).copied().unwrap_or(0.0))
    }
}

/// The whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct WideDeep {
    /// Embeddings of [`VISITOR_FIELDS`], `[codes, width]`, row 0 unknown.
    pub visitor_tables: Vec<Array2<f32>>,
    /// Embeddings of [`ACTIVITY_FIELDS`].
    pub activity_tables: Vec<Array2<f32>>,
    /// Weights of [`CROSSES`].
    pub crosses: [Cross; CROSSES.len()],
    /// Mean of each pair feature over the training's examples.
    pub pair_mean: Vec<f32>,
    /// One over its deviation.
    pub pair_scale: Vec<f32>,
    /// [`WIDE_DEEP_LAYERS`]; the first reads the visitor's numbers, the activity's, and the pair's.
    pub layers: Vec<Dense>,
    /// Weight of each output of the last layer.
    pub output: Array1<f32>,
    /// The logit of a pair that has nothing to say.
    pub bias: f32,
}

/// A visitor, as far as they can be computed without an activity.
#[derive(Debug, Clone, PartialEq)]
pub struct WideDeepVisitor {
    hidden: Vec<f32>,
    tags: Vec<u16>,
    locality: u16,
}

/// An activity, as far as it can be computed without a visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct WideDeepActivity {
    hidden: Vec<f32>,
    tags: Vec<u16>,
    locality: u16,
    wide: f32,
}

impl WideDeep {
    /// One side's part of the first layer, which begins at column `from`.
    fn part(&self, from: usize, x: &[f32]) -> Vec<f32> {
        let first = self.layers.first();
        first.map_or_else(Vec::new, |first| first.part(from, x))
    }

    /// The visitor's part, computed once a request; `liked` are the remembered activities that speak for others like them.
    pub fn visitor_part<'a>(
        &self,
        user: &UserRow,
        liked: impl Iterator<Item = &'a ActivityRow>,
    ) -> WideDeepVisitor {
        let input = WideDeepInput::of_visitor(user, liked);
        let mut hidden = self.part(0, &input.look_up(&self.visitor_tables));
        let biases = self.layers.first().map(|first| &first.bias);
        for (sum, bias) in hidden.iter_mut().zip(biases.into_iter().flatten()) {
            *sum += bias;
        }
        WideDeepVisitor {
            hidden,
            tags: user.tags.clone(),
            locality: user.locality,
        }
    }

    /// The activity's part, computed once a bundle.
    pub fn activity_part(&self, activity: &ActivityRow) -> WideDeepActivity {
        let input = WideDeepInput::of_activity(activity);
        WideDeepActivity {
            hidden: self.part(VISITOR_WIDTH, &input.look_up(&self.activity_tables)),
            tags: activity.tags.clone(),
            locality: activity.locality,
            wide: self.crosses[2].weight(Cross::code(activity.kind, activity.level)),
        }
    }

    /// The logit of a pair; its logistic function is the probability of a choice.
    pub fn logit(
        &self,
        visitor: &WideDeepVisitor,
        activity: &WideDeepActivity,
        pair: &PairRow,
        outputs: &mut Outputs,
    ) -> f32 {
        let mut standard = [0.0_f32; PAIR_FEATURES.len()];
        let constants = self.pair_mean.iter().zip(&self.pair_scale);
        for ((x, &raw), (mean, scale)) in standard.iter_mut().zip(pair).zip(constants) {
            *x = (raw - mean) * scale;
        }
        let sides = visitor.hidden.iter().zip(&activity.hidden);
        let sides = sides.map(|(v, a)| v + a);
        outputs.begin_with(
            &self.layers,
            VISITOR_WIDTH + ACTIVITY_WIDTH,
            &standard,
            sides,
        );
        let deep = outputs.sum_above(&self.layers, &self.output);
        (self.wide(visitor, activity) + deep) + self.bias
    }

    fn wide(&self, visitor: &WideDeepVisitor, activity: &WideDeepActivity) -> f32 {
        let mut sum = activity.wide;
        for &tag in &visitor.tags {
            for &other in &activity.tags {
                sum += self.crosses[0].weight(Cross::code(tag, other));
            }
        }
        sum + self.crosses[1].weight(Cross::code(visitor.locality, activity.locality))
    }
}
