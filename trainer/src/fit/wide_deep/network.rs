//! The weights of Wide & Deep as they are learned, one mini-batch forward and back.

mod bags;

use ndarray::{Array1, Array2};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{CROSSES, Cross, WIDE_DEEP_LAYERS, WideDeep};

use super::super::pair_head::{Head, LearnedHead, Pass};
use super::super::real::Real;
use super::super::simd::vectorised;
use super::super::sparse_adam::{RowTable, Step};
use super::examples::{SideRows, WideDeepExamples};
use bags::Bags;

/// All weights, their gradients, and the optimiser's state.
#[derive(Debug, Clone)]
pub(super) struct Network<F> {
    pub(super) visitor_tables: Vec<RowTable<F>>,
    pub(super) activity_tables: Vec<RowTable<F>>,
    /// One weight a cross.
    pub(super) wide: RowTable<F>,
    pub(super) head: LearnedHead<F>,
    step: i32,
}

/// One shard of a step: its numbers, and the pass over them.
#[derive(Debug, Clone)]
pub(super) struct Shard<F> {
    visitors: Vec<u32>,
    pairs: Vec<usize>,
    of_visitors: Bags,
    of_activities: Bags,
    crosses: Bags,
    pub(super) pass: Pass<F>,
}

/// Widths of each side's tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths<'a> {
    pub(super) visitor: &'a [usize],
    pub(super) activity: &'a [usize],
}

impl<F: Real> Network<F> {
    /// Random weights for the codes of these examples; crosses start at 0.
    pub(super) fn random(
        examples: &WideDeepExamples,
        widths: Widths<'_>,
        random: &mut Random,
    ) -> Self {
        let mut tables = |side: &SideRows, widths: &[usize]| -> Vec<RowTable<F>> {
            let sizes = side.sizes();
            let shapes = widths
                .iter()
                .enumerate()
                .map(|(field, &width)| (sizes.get(field).copied().unwrap_or(1), width));
            shapes
                .map(|shape| {
                    RowTable::new(Array2::from_shape_simple_fn(shape, || {
                        F::of_f64(0.1 * random.normal())
                    }))
                })
                .collect()
        };
        let visitor_tables = tables(&examples.visitors, widths.visitor);
        let activity_tables = tables(&examples.activities, widths.activity);
        let visitor = widths.visitor.iter().sum::<usize>() + examples.visitors.width();
        let activity = widths.activity.iter().sum::<usize>() + examples.activities.width();
        let inputs = (visitor, activity + examples.pair_width);
        let head = Head::random(0, inputs, &WIDE_DEEP_LAYERS, random);
        Self {
            visitor_tables,
            activity_tables,
            wide: RowTable::new(Array2::zeros((examples.cross_codes.len(), 1))),
            head: LearnedHead::new(head),
            step: 0,
        }
    }

    /// A shard of these groups, each the visitor and its pairs, all of one length.
    pub(super) fn shard(
        &self,
        groups: &[(u32, Vec<usize>)],
        examples: &WideDeepExamples,
    ) -> Shard<F> {
        let a_group = groups.first().map_or(1, |(_, pairs)| pairs.len());
        let mut shard = Shard {
            visitors: groups.iter().map(|(visitor, _)| *visitor).collect(),
            pairs: groups
                .iter()
                .flat_map(|(_, pairs)| pairs)
                .copied()
                .collect(),
            of_visitors: Bags::new(self.visitor_tables.len()),
            of_activities: Bags::new(self.activity_tables.len()),
            crosses: Bags::new(1),
            pass: Pass::new(&self.head.head, groups.len(), a_group),
        };
        shard.label(examples);
        shard
    }

    /// Loss and gradients of one shard, each pair's share being `share`; those of the tables wait in the pass.
    pub(super) fn pass(&self, examples: &WideDeepExamples, shard: &mut Shard<F>, share: F) {
        let wide = self.wide.values.as_slice().unwrap_or_default();
        vectorised(
            #[inline(always)]
            || {
                shard.take(examples);
                let pass = &mut shard.pass;
                let (of_visitors, of_activities) = (&shard.of_visitors, &shard.of_activities);
                of_visitors.look_up(&self.visitor_tables, &mut pass.users);
                of_activities.look_up(&self.activity_tables, &mut pass.items);
                let side = &examples.visitors;
                for (&visitor, x) in shard.visitors.iter().zip(pass.users.rows_mut()) {
                    let x = x.into_slice().unwrap_or_default().iter_mut().rev();
                    let numbers = side.numbers(visitor).iter().rev();
                    x.zip(numbers).for_each(|(x, &number)| *x = F::of(number));
                }
                let side = &examples.activities;
                for (&pair, x) in shard.pairs.iter().zip(pass.items.rows_mut()) {
                    let x = x.into_slice().unwrap_or_default().iter_mut().rev();
                    let of_activity = side.numbers(examples.activity_of[pair]);
                    let numbers = of_activity.iter().chain(examples.pair(pair)).rev();
                    x.zip(numbers).for_each(|(x, &number)| *x = F::of(number));
                }
                for (crosses, offset) in shard.crosses.only().zip(&mut pass.offsets) {
                    *offset = crosses.iter().map(|&cross| wide[cross as usize]).sum();
                }
            },
        );
        self.head.head.pass(&mut shard.pass, share);
    }

    /// Adds the gradients of the shards' passes to the tables', in their order. Each side is one thread's work, and so are
    /// the crosses.
    pub(super) fn collect(&mut self, shards: &[Shard<F>]) {
        let (visitor_tables, activity_tables) =
            (&mut self.visitor_tables, &mut self.activity_tables);
        let wide = &mut self.wide;
        let of_visitors = || {
            vectorised(
                #[inline(always)]
                || {
                    for shard in shards {
                        let gradients = &shard.pass.d_users;
                        shard.of_visitors.scatter(visitor_tables, gradients);
                    }
                },
            );
        };
        let of_activities = || {
            vectorised(
                #[inline(always)]
                || {
                    for shard in shards {
                        let gradients = &shard.pass.d_items;
                        shard.of_activities.scatter(activity_tables, gradients);
                    }
                },
            );
        };
        let of_crosses = || {
            for shard in shards {
                for (crosses, &slope) in shard.crosses.only().zip(&shard.pass.d_logits) {
                    for &cross in crosses {
                        wide.add_row(cross, F::one(), &[slope]);
                    }
                }
            }
        };
        rayon::join(of_crosses, || rayon::join(of_visitors, of_activities));
    }

    /// One step along the gradients of `shards`, whose tables' part has been collected.
    pub(super) fn step(&mut self, shards: &mut [Shard<F>], rate: f64, l2: F) {
        self.step += 1;
        let step = Step::new(rate, self.step);
        let tables = self
            .visitor_tables
            .par_iter_mut()
            .chain(&mut self.activity_tables);
        let (wide, head) = (&mut self.wide, &mut self.head);
        rayon::join(
            || wide.step(l2, step),
            || {
                head.step(shards.iter_mut().map(|shard| &mut shard.pass), step);
                tables.for_each(|table| table.step(l2, step));
            },
        );
    }

    /// The model as the recommender ships it.
    pub(super) fn to_model(&self, examples: &WideDeepExamples) -> WideDeep {
        // The recommender finds under a rare code what was learned of the unknown.
        let tables = |tables: &[RowTable<F>], rare: &[Vec<bool>]| -> Vec<Array2<f32>> {
            let shipped = |(field, table): (usize, &RowTable<F>)| {
                let mut table = table.values.mapv(F::to_f32);
                let unknown = table.row(0).to_owned();
                for (code, is_rare) in rare.get(field).into_iter().flatten().enumerate() {
                    if *is_rare && code < table.nrows() {
                        table.row_mut(code).assign(&unknown);
                    }
                }
                table
            };
            tables.iter().enumerate().map(shipped).collect()
        };
        let mut crosses: [Cross; CROSSES.len()] = Default::default();
        for (&(cross, code), weight) in examples.cross_codes.iter().zip(&self.wide.values) {
            let weight = weight.to_f32();
            if let Some(cross) = crosses
                .get_mut(usize::from(cross))
                .filter(|_| weight != 0.0)
            {
                cross.codes.push(code);
                cross.weights.push(weight);
            }
        }
        WideDeep {
            visitor_tables: tables(&self.visitor_tables, &examples.rare.visitor),
            activity_tables: tables(&self.activity_tables, &examples.rare.activity),
            crosses,
            pair_mean: examples.pair_mean.clone(),
            pair_scale: examples.pair_scale.clone(),
            layers: self.head.head.to_layers(),
            output: Array1::from_iter(self.head.head.perceptron_weight.iter().map(|w| w.to_f32())),
            bias: self.head.head.bias[0].to_f32(),
        }
    }

    /// Whether all weights are numbers.
    pub(super) fn is_finite(&mut self) -> bool {
        let finite = |value: &F| value.to_f64().is_finite();
        let tables = self
            .visitor_tables
            .iter()
            .chain(&self.activity_tables)
            .chain([&self.wide]);
        tables
            .into_iter()
            .all(|table| table.values.iter().all(finite))
            && self
                .head
                .head
                .blocks_mut()
                .iter()
                .all(|block| block.iter().all(finite))
    }
}

impl<F: Real> Shard<F> {
    /// How many pairs it has.
    pub(super) fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// The same room for other groups of the same shape; `false` where the shape differs.
    pub(super) fn refill(
        &mut self,
        groups: &[(u32, Vec<usize>)],
        examples: &WideDeepExamples,
    ) -> bool {
        let pairs: usize = groups.iter().map(|(_, pairs)| pairs.len()).sum();
        if groups.len() != self.visitors.len() || pairs != self.pairs.len() {
            return false;
        }
        self.visitors.clear();
        self.pairs.clear();
        for (visitor, pairs) in groups {
            self.visitors.push(*visitor);
            self.pairs.extend(pairs);
        }
        self.label(examples);
        true
    }

    /// Copies the codes of its rows.
    #[inline(always)]
    fn take(&mut self, examples: &WideDeepExamples) {
        let (visitors, pairs) = (&self.visitors, &self.pairs);
        let side = &examples.visitors;
        let bag = |row: usize, field| side.bag(visitors[row], field);
        self.of_visitors.take(visitors.len(), bag);
        let side = &examples.activities;
        let bag = |row: usize, field| side.bag(examples.activity_of[pairs[row]], field);
        self.of_activities.take(pairs.len(), bag);
        let bag = |row: usize, _| examples.crosses(pairs[row]);
        self.crosses.take(pairs.len(), bag);
    }

    fn label(&mut self, examples: &WideDeepExamples) {
        for (label, &pair) in self.pass.labels.iter_mut().zip(&self.pairs) {
            *label = F::of(examples.labels[pair]);
        }
    }
}
