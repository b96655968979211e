//! What Wide & Deep learns from, in flat arrays: each visitor and each activity once, and the pairs of both.

use std::ops::Range;

use triqueta::feature::{ActivityRow, PAIR_FEATURES, PairRow};
use triqueta::model::{CROSSES, Cross, WideDeepInput};

use crate::choices::Choice;

/// Bags of codes and numbers of one side, a row an entity.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SideRows {
    fields: usize,
    width: usize,
    codes: Vec<u32>,
    /// Where each bag ends, row by row.
    ends: Vec<u32>,
    numbers: Vec<f32>,
    rows: usize,
}

impl SideRows {
    /// Adds a row, shaped as the others, and gives its number.
    fn push(&mut self, input: &WideDeepInput) -> u32 {
        (self.fields, self.width) = (input.bags.len(), input.numbers.len());
        for bag in &input.bags {
            self.codes.extend(bag);
            self.ends.push(self.codes.len() as u32);
        }
        self.numbers.extend(&input.numbers);
        self.rows += 1;
        (self.rows - 1) as u32
    }

    /// How many bags a row has.
    pub(crate) fn fields(&self) -> usize {
        self.fields
    }

    /// Numbers a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The codes of a row in one field.
    #[inline(always)]
    pub(crate) fn bag(&self, row: u32, field: usize) -> &[u32] {
        let at = row as usize * self.fields + field;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.codes[from as usize..self.ends[at] as usize]
    }

    /// The numbers of a row.
    #[inline(always)]
    pub(crate) fn numbers(&self, row: u32) -> &[f32] {
        &self.numbers[row as usize * self.width..(row as usize + 1) * self.width]
    }

    /// By field and code, whether fewer than `least` of `rows` have it. Those codes are read as 0, unknown, from now on: what
    /// has hardly been met says no more than what has not, and so there is something to learn of the unknown.
    fn hide_rare(&mut self, rows: &[u32], least: usize) -> Vec<Vec<bool>> {
        let mut counts: Vec<Vec<usize>> =
            self.sizes().into_iter().map(|size| vec![0; size]).collect();
        for &row in rows {
            for (field, counts) in counts.iter_mut().enumerate() {
                for &code in self.bag(row, field) {
                    counts[code as usize] += 1;
                }
            }
        }
        let is_rare = |counts: Vec<usize>| counts.iter().map(|&count| count < least).collect();
        let rare: Vec<Vec<bool>> = counts.into_iter().map(is_rare).collect();
        let mut from = 0;
        for (bag, &until) in self.ends.iter().enumerate() {
            let rare = &rare[bag % self.fields];
            for code in &mut self.codes[from..until as usize] {
                if rare[*code as usize] {
                    *code = 0;
                }
            }
            from = until as usize;
        }
        rare
    }

    /// One more than the largest code of each field.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![1; self.fields];
        for row in 0..self.rows as u32 {
            for (field, size) in sizes.iter_mut().enumerate() {
                for &code in self.bag(row, field) {
                    *size = (*size).max(code as usize + 1);
                }
            }
        }
        sizes
    }
}

/// Groups of pairs: each of one visitor, the first pair what was chosen and the others what was not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WideDeepExamples {
    pub(crate) visitors: SideRows,
    pub(crate) activities: SideRows,
    pub(crate) groups: Vec<Group>,
    /// The activity of each pair.
    pub(crate) activity_of: Vec<u32>,
    pub(crate) labels: Vec<f32>,
    /// Numbers of a pair.
    pub(crate) pair_width: usize,
    pairs: Vec<f32>,
    /// The crosses of each pair, as numbers of [`Self::cross_codes`].
    crosses: Vec<u32>,
    cross_ends: Vec<usize>,
    /// Every cross met: which of the crosses, and the code of the pair in it.
    pub(crate) cross_codes: Vec<(u8, u32)>,
    /// What was taken off each pair's numbers, and what they were multiplied with.
    pub(crate) pair_mean: Vec<f32>,
    pub(crate) pair_scale: Vec<f32>,
    /// By field and code, what is read as unknown; empty where nothing is.
    pub(crate) rare: RareCodes,
}

/// By field and code of each side, whether it is read as unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RareCodes {
    pub(crate) visitor: Vec<Vec<bool>>,
    pub(crate) activity: Vec<Vec<bool>>,
}

/// A visitor's pairs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) visitor: u32,
    pub(crate) pairs: Range<usize>,
}

/// One visitor with what was chosen and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct WideDeepGroup<'a> {
    /// The visitor.
    pub visitor: WideDeepInput,
    /// The numbers of the activities, what was chosen first.
    pub activities: &'a [u32],
    /// The pair features of each.
    pub pairs: &'a [PairRow],
}

/// Pairs a code must be in to be known.
const LEAST_PAIRS: usize = 5;

impl WideDeepExamples {
    /// Choices in order of time, what was chosen first in each; `items` are those of [`crate::choices::Lens::items`].
    pub fn of_choices(items: &[ActivityRow], choices: &[&Choice]) -> Self {
        let activities: Vec<WideDeepInput> = items.iter().map(WideDeepInput::of_activity).collect();
        let rows: Vec<Vec<u32>> = choices
            .iter()
            .map(|choice| choice.candidates.iter().map(|row| row.0).collect())
            .collect();
        let groups = choices.iter().zip(&rows).map(|(choice, rows)| {
            let view = &choice.viewpoint;
            let liked = view.history.iter().filter(|(_, weight)| *weight > 0.0);
            WideDeepGroup {
                visitor: WideDeepInput::of_visitor(
                    &view.user,
                    liked.map(|&(number, _)| &items[number as usize]),
                ),
                activities: rows,
                pairs: &choice.pairs,
            }
        });
        Self::new(&activities, groups)
    }

    /// Takes in the activities by number and the groups in order of time.
    pub fn new<'a>(
        activities: &[WideDeepInput],
        groups: impl IntoIterator<Item = WideDeepGroup<'a>>,
    ) -> Self {
        let mut examples = Self {
            pair_width: PAIR_FEATURES.len(),
            ..Self::default()
        };
        for activity in activities {
            examples.activities.push(activity);
        }
        let mut crosses: Vec<(u8, u32)> = Vec::new();
        for group in groups {
            let visitor = examples.visitors.push(&group.visitor);
            let from = examples.activity_of.len();
            for (&number, pair) in group.activities.iter().zip(group.pairs) {
                examples.activity_of.push(number);
                examples
                    .labels
                    .push(f32::from(u8::from(examples.labels.len() == from)));
                examples.pairs.extend(pair);
                crosses_of(&group.visitor, &activities[number as usize], &mut crosses);
                examples.cross_ends.push(crosses.len());
            }
            let pairs = from..examples.activity_of.len();
            examples.groups.push(Group { visitor, pairs });
        }
        examples.cross_codes = crosses.clone();
        examples.cross_codes.sort_unstable();
        examples.cross_codes.dedup();
        let known = &examples.cross_codes;
        examples.crosses = crosses
            .iter()
            .map(|cross| known.binary_search(cross).unwrap_or_default() as u32)
            .collect();
        examples.standardise();
        let visitors: Vec<u32> = examples
            .groups
            .iter()
            .flat_map(|group| group.pairs.clone().map(|_| group.visitor))
            .collect();
        examples.rare = RareCodes {
            visitor: examples.visitors.hide_rare(&visitors, LEAST_PAIRS),
            activity: examples
                .activities
                .hide_rare(&examples.activity_of, LEAST_PAIRS),
        };
        examples
    }

    /// Groups of one pair each, from plain sparse data: a visitor, an activity, the numbers of their crosses out of
    /// `crosses`, and whether it was chosen.
    pub fn of_single_pairs(
        crosses: u32,
        pairs: impl IntoIterator<Item = (WideDeepInput, WideDeepInput, Vec<u32>, bool)>,
    ) -> Self {
        let mut examples = Self::default();
        for (visitor, activity, of_pair, chosen) in pairs {
            let visitor = examples.visitors.push(&visitor);
            let pair = examples.activity_of.len();
            examples
                .activity_of
                .push(examples.activities.push(&activity));
            examples.labels.push(f32::from(u8::from(chosen)));
            examples.crosses.extend(of_pair);
            examples.cross_ends.push(examples.crosses.len());
            examples.groups.push(Group {
                visitor,
                pairs: pair..pair + 1,
            });
        }
        examples.cross_codes = (0..crosses).map(|code| (0, code)).collect();
        examples
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The numbers of a pair.
    #[inline(always)]
    pub(crate) fn pair(&self, pair: usize) -> &[f32] {
        &self.pairs[pair * self.pair_width..(pair + 1) * self.pair_width]
    }

    /// The crosses of a pair.
    #[inline(always)]
    pub(crate) fn crosses(&self, pair: usize) -> &[u32] {
        let from = if pair == 0 {
            0
        } else {
            self.cross_ends[pair - 1]
        };
        &self.crosses[from..self.cross_ends[pair]]
    }

    /// Gives each pair feature mean 0 and deviation 1; constant ones become 0.
    fn standardise(&mut self) {
        let (width, rows) = (self.pair_width, self.activity_of.len().max(1) as f64);
        for column in 0..width {
            let values = || {
                self.pairs
                    .iter()
                    .skip(column)
                    .step_by(width)
                    .map(|&x| f64::from(x))
            };
            let mean = values().sum::<f64>() / rows;
            let variance = values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / rows;
            let deviation = variance.sqrt();
            let scale = if deviation > 1e-6 {
                1.0 / deviation
            } else {
                0.0
            };
            self.pair_mean.push(mean as f32);
            self.pair_scale.push(scale as f32);
        }
        for row in self.pairs.chunks_exact_mut(width.max(1)) {
            let constants = self.pair_mean.iter().zip(&self.pair_scale);
            for (x, (mean, scale)) in row.iter_mut().zip(constants) {
                *x = (*x - mean) * scale;
            }
        }
    }
}

/// The places of the fields that are crossed, in `VISITOR_FIELDS` and `ACTIVITY_FIELDS`.
const CROSSED: [(usize, usize); 2] = [(0, 1), (1, 2)];
const KIND: usize = 0;
const LEVEL: usize = 3;

/// Adds the crosses of a pair, in the order the recommender sums them but for the last, which it takes first.
fn crosses_of(visitor: &WideDeepInput, activity: &WideDeepInput, into: &mut Vec<(u8, u32)>) {
    let code = |a: u32, b: u32| Cross::code(a as u16, b as u16);
    for (cross, (of_visitor, of_activity)) in (0..).zip(CROSSED) {
        for &a in &visitor.bags[of_visitor] {
            for &b in &activity.bags[of_activity] {
                into.push((cross, code(a, b)));
            }
        }
    }
    let last = (CROSSES.len() - 1) as u8;
    for &a in &activity.bags[KIND] {
        for &b in &activity.bags[LEVEL] {
            into.push((last, code(a, b)));
        }
    }
}
