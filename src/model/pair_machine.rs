//! The factorization machine as it is served: the features of a visitor, of an activity, and of the two together.
//!
//! With `U` and `V_a` the sums over the visitor's and the activity's features, the score of a pair with the features `x_p`
//! is
//!
//! `bias + own(U) + own(a) + ⟨U, V_a⟩ + Σ_p x_p (w_p + ⟨v_p, U⟩ + ⟨v_p, V_a⟩) + Σ_{p<q} ⟨v_p, v_q⟩ x_p x_q`
//!
//! which is Rendle's formula over all features at once. What depends on the visitor alone is computed once a request, what
//! depends on the activity alone once a bundle, the products of the pair features with each other once a model.
//!
//! With `P = Σ_p x_p v_p` it is also
//!
//! `bias + own(U) + own(a) − ½|U|² − ½|V_a|² + Σ_p w_p x_p + ½|U + V_a + P|² − ½ Σ_p |v_p|² x_p²`
//!
//! which falls apart into sums over properties but for one square: so retrieval finds it, but for rounding, for all
//! activities at once ([`Point`]).

use super::factorization_machine::{FACTORS, FactorSum, FactorizationMachine};
use super::machine_features::{FeatureSpace, PAIRS};
use crate::feature::{ActivityRow, Arrow, PairRow, PairVectors, Point, Schema, UserRow, VECTOR};
use crate::math::{dot, norm};

const _: () = assert!(VECTOR == FACTORS);

/// The machine and what standardises its pair features.
#[derive(Debug, Clone, PartialEq)]
pub struct PairMachine {
    machine: FactorizationMachine,
    space: FeatureSpace,
    pair_mean: PairRow,
    pair_scale: PairRow,
    /// `w_p`.
    pair_weight: PairRow,
    /// `⟨v_p, v_q⟩` of the pair features `q < p`, one row a `p`.
    products: Vec<PairRow>,
    vectors: PairVectors,
}

/// The visitor's half of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineVisitor {
    sum: FactorSum,
    /// `w_p + ⟨v_p, U⟩`.
    columns: PairRow,
}

/// The activity's half of the score.
#[derive(Debug, Clone, PartialEq)]
// In this order: what retrieval reads of every row lies together.
#[repr(C)]
pub struct MachineActivity {
    sum: FactorSum,
    /// `own(a) − ½|V_a|²`, and `|V_a|`.
    apart: f32,
    length: f32,
    /// `⟨v_p, V_a⟩`.
    columns: PairRow,
}

impl MachineActivity {
    /// What it adds to the sum of what else a pair is made of.
    pub fn arrow(&self) -> Arrow<'_> {
        Arrow {
            vector: &self.sum.sum,
            length: self.length,
            flat: self.apart,
        }
    }
}

/// What a set is worth beside the square of all sets' sum.
fn apart(sum: &FactorSum) -> f32 {
    sum.own - 0.5 * dot(&sum.sum, &sum.sum)
}

impl PairMachine {
    /// A machine for a schema; `None` where it has not as many rows as the schema asks for. A pair feature `x` enters as
    /// `(x − mean) · scale`.
    pub fn new(
        schema: &Schema,
        machine: FactorizationMachine,
        pair_mean: PairRow,
        pair_scale: PairRow,
    ) -> Option<Self> {
        let space = FeatureSpace::of(schema);
        if machine.features() != space.size() || machine.factors.nrows() != space.size() {
            return None;
        }
        let start = space.first_pair();
        let mut pair_weight = [0.0; PAIRS];
        for (p, weight) in pair_weight.iter_mut().enumerate() {
            *weight = machine.weight[start + p];
        }
        let vector = |p: usize| machine.factors(start + p).unwrap_or_default();
        let mut this = Self {
            vectors: PairVectors::new(vector, &pair_weight, &pair_mean, &pair_scale),
            pair_weight,
            products: vec![[0.0; PAIRS]; PAIRS],
            machine,
            space,
            pair_mean,
            pair_scale,
        };
        for p in 0..PAIRS {
            let own = this.pair_factors(p);
            let products: Vec<f32> = (0..p).map(|q| dot(own, this.pair_factors(q))).collect();
            this.products[p][..p].copy_from_slice(&products);
        }
        Some(this)
    }

    /// The weights.
    pub fn machine(&self) -> &FactorizationMachine {
        &self.machine
    }

    /// Which row stands for what.
    pub fn space(&self) -> &FeatureSpace {
        &self.space
    }

    /// Mean and scale of the pair features.
    pub fn scaling(&self) -> (&PairRow, &PairRow) {
        (&self.pair_mean, &self.pair_scale)
    }

    fn pair_factors(&self, pair: usize) -> &[f32] {
        let start = self.space.first_pair();
        self.machine.factors(start + pair).unwrap_or_default()
    }

    fn columns(&self, sum: &FactorSum, from: PairRow) -> PairRow {
        let mut columns = from;
        for (pair, column) in columns.iter_mut().enumerate() {
            *column += dot(self.pair_factors(pair), &sum.sum);
        }
        columns
    }

    /// The pair features as the machine takes them.
    pub fn standardise(&self, pair: &PairRow) -> PairRow {
        let mut x = *pair;
        for (p, x) in x.iter_mut().enumerate() {
            *x = (*x - self.pair_mean[p]) * self.pair_scale[p];
        }
        x
    }

    /// The visitor's half, once a request.
    pub fn visitor<'a>(
        &self,
        user: &UserRow,
        history: impl Iterator<Item = (&'a ActivityRow, f32)> + Clone,
    ) -> MachineVisitor {
        let sum = self.machine.sum(&self.space.visitor(user, history));
        MachineVisitor {
            columns: self.columns(&sum, self.pair_weight),
            sum,
        }
    }

    /// The activity's half, once a bundle.
    pub fn activity(&self, activity: &ActivityRow) -> MachineActivity {
        let sum = self.machine.sum(&self.space.activity(activity));
        MachineActivity {
            columns: self.columns(&sum, [0.0; PAIRS]),
            apart: apart(&sum),
            length: norm(&sum.sum),
            sum,
        }
    }

    /// The vectors of the pair features.
    pub fn vectors(&self) -> &PairVectors {
        &self.vectors
    }

    /// What the sums of this visitor's pairs begin with: an activity's half and the points of pair features are added.
    pub fn origin(&self, visitor: &MachineVisitor) -> Point {
        let (bias, apart) = (self.machine.bias, apart(&visitor.sum));
        let mut point = Point::new(&visitor.sum.sum, bias + apart, bias.abs() + apart.abs());
        point.add(self.vectors.origin());
        point
    }

    /// The score of a visitor and an activity with the features of the two together.
    pub fn score(
        &self,
        visitor: &MachineVisitor,
        activity: &MachineActivity,
        pair: &PairRow,
    ) -> f32 {
        let x = self.standardise(pair);
        let mut together = 0.0_f32;
        for p in 0..PAIRS {
            let others = dot(&self.products[p][..p], &x[..p]);
            together += x[p] * ((visitor.columns[p] + activity.columns[p]) + others);
        }
        self.machine.join(&visitor.sum, &activity.sum) + together
    }
}
