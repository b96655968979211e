//! The weights of Wide & Deep as they are learned, one mini-batch forward and back.

use ndarray::{Array1, Array2};
use rayon::prelude::*;
use triqueta::math::Random;
use triqueta::model::{CROSSES, Cross, WIDE_DEEP_LAYERS, WideDeep};

use super::super::pair_head::{Head, Pass};
use super::super::real::Real;
use super::super::simd::vectorised;
use super::super::sparse_adam::{RowTable, Step, add_scaled, step_slice};
use super::examples::{SideRows, WideDeepExamples};

/// All weights, their gradients, and the optimiser's state.
#[derive(Debug, Clone)]
pub(super) struct Network<F> {
    pub(super) visitor_tables: Vec<RowTable<F>>,
    pub(super) activity_tables: Vec<RowTable<F>>,
    /// One weight a cross.
    pub(super) wide: RowTable<F>,
    pub(super) head: Head<F>,
    first: Head<F>,
    second: Head<F>,
    step: i32,
}

/// One shard of a step: its numbers, and the pass over them.
#[derive(Debug, Clone)]
pub(super) struct Shard<F> {
    visitors: Vec<u32>,
    pairs: Vec<usize>,
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
            first: head.zeros_like(),
            second: head.zeros_like(),
            head,
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
            pass: Pass::new(&self.head, groups.len(), a_group),
        };
        shard.label(examples);
        shard
    }

    /// Loss and gradients of one shard, each pair's share being `share`; those of the tables wait in the pass.
    pub(super) fn pass(&self, examples: &WideDeepExamples, shard: &mut Shard<F>, share: F) {
        let Shard {
            visitors,
            pairs,
            pass,
        } = shard;
        let wide = self.wide.values.as_slice().unwrap_or_default();
        vectorised(
            #[inline(always)]
            || {
                for (&visitor, x) in visitors.iter().zip(pass.users.rows_mut()) {
                    let x = x.into_slice().unwrap_or_default();
                    look_up(&self.visitor_tables, &examples.visitors, visitor, x);
                }
                for (&pair, x) in pairs.iter().zip(pass.items.rows_mut()) {
                    let x = x.into_slice().unwrap_or_default();
                    let (of_activity, of_pair) = x.split_at_mut(x.len() - examples.pair_width);
                    let activity = examples.activity_of[pair];
                    look_up(
                        &self.activity_tables,
                        &examples.activities,
                        activity,
                        of_activity,
                    );
                    for (x, &number) in of_pair.iter_mut().zip(examples.pair(pair)) {
                        *x = F::of(number);
                    }
                }
                for (&pair, offset) in pairs.iter().zip(&mut pass.offsets) {
                    let crosses = examples.crosses(pair).iter();
                    *offset = crosses.map(|&cross| wide[cross as usize]).sum();
                }
            },
        );
        self.head.pass(pass, share);
    }

    /// Adds the shards' gradients to the tables', in their order. Each side is one thread's work, and so are the crosses;
    /// a shard's rows go to all tables of a side before the next shard's, while they are still at hand.
    pub(super) fn collect(&mut self, examples: &WideDeepExamples, shards: &[Shard<F>]) {
        let (visitor_tables, activity_tables) =
            (&mut self.visitor_tables, &mut self.activity_tables);
        let wide = &mut self.wide;
        let of_visitors = || {
            vectorised(
                #[inline(always)]
                || {
                    for shard in shards {
                        let rows = || shard.visitors.iter().copied();
                        let gradients = &shard.pass.d_users;
                        scatter(visitor_tables, &examples.visitors, rows, gradients);
                    }
                },
            );
        };
        let of_activities = || {
            vectorised(
                #[inline(always)]
                || {
                    for shard in shards {
                        let rows = || shard.pairs.iter().map(|&pair| examples.activity_of[pair]);
                        let gradients = &shard.pass.d_items;
                        scatter(activity_tables, &examples.activities, rows, gradients);
                    }
                },
            );
        };
        let of_crosses = || {
            for shard in shards {
                for (&pair, &slope) in shard.pairs.iter().zip(&shard.pass.d_logits) {
                    for &cross in examples.crosses(pair) {
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
        tables.for_each(|table| table.step(l2, step));
        self.wide.step(l2, step);
        if let Some((total, others)) = shards.split_first_mut() {
            for other in others {
                total.pass.d_head.add(&mut other.pass.d_head);
            }
            let gradients = total.pass.d_head.blocks_mut();
            let moments = self
                .first
                .blocks_mut()
                .into_iter()
                .zip(self.second.blocks_mut());
            let blocks = self
                .head
                .blocks_mut()
                .into_iter()
                .zip(gradients)
                .zip(moments);
            for ((values, gradients), (first, second)) in blocks {
                vectorised(
                    #[inline(always)]
                    || step_slice(values, gradients, first, second, F::zero(), step),
                );
            }
        }
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
            layers: self.head.to_layers(),
            output: Array1::from_iter(self.head.perceptron_weight.iter().map(|w| w.to_f32())),
            bias: self.head.bias[0].to_f32(),
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

    fn label(&mut self, examples: &WideDeepExamples) {
        for (label, &pair) in self.pass.labels.iter_mut().zip(&self.pairs) {
            *label = F::of(examples.labels[pair]);
        }
    }
}

/// The mean of each bag's embeddings, then the numbers.
#[inline(always)]
fn look_up<F: Real>(tables: &[RowTable<F>], side: &SideRows, row: u32, mut x: &mut [F]) {
    for (field, table) in tables.iter().enumerate() {
        let width = table.values.ncols();
        let (mean, rest) = x.split_at_mut(width);
        let bag = side.bag(row, field);
        let values = table.values.as_slice().unwrap_or_default();
        let place = |code: u32| {
            let at = table.row_of(code) as usize * width;
            &values[at..at + width]
        };
        match bag {
            [] => mean.fill(F::zero()),
            [code] => mean.copy_from_slice(place(*code)),
            _ => {
                mean.fill(F::zero());
                for &code in bag {
                    add_scaled(mean, F::one(), place(code));
                }
                let share = F::one() / F::of_f64(bag.len() as f64);
                mean.iter_mut().for_each(|sum| *sum *= share);
            }
        }
        x = rest;
    }
    for (x, &number) in x.iter_mut().zip(side.numbers(row)) {
        *x = F::of(number);
    }
}

/// Adds the gradients of looked-up rows to the tables of a side, one table after the other.
#[inline(always)]
fn scatter<F: Real, Rows: Iterator<Item = u32>>(
    tables: &mut [RowTable<F>],
    side: &SideRows,
    rows: impl Fn() -> Rows,
    gradients: &Array2<F>,
) {
    let stride = gradients.ncols().max(1);
    let gradients = gradients.as_slice().unwrap_or_default();
    let mut from = 0;
    for (field, table) in tables.iter_mut().enumerate() {
        let width = table.values.ncols();
        for (row, gradient) in rows().zip(gradients.chunks_exact(stride)) {
            let gradient = &gradient[from..from + width];
            let bag = side.bag(row, field);
            let share = F::one() / F::of_f64(bag.len().max(1) as f64);
            for &code in bag {
                table.add_row(table.row_of(code), share, gradient);
            }
        }
        from += width;
    }
}
