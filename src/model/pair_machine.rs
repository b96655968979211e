//! The factorization machine as it is served: the features of a visitor, of an activity, and of the two together.
//!
//! With `U` and `V_a` the sums over the visitor's and the activity's features, the score of a pair with the features `x_p`
//! is
//!
//! `bias + own(U) + own(a) + ⟨U, V_a⟩ + Σ_p x_p (w_p + ⟨v_p, U⟩ + ⟨v_p, V_a⟩) + Σ_{p<q} ⟨v_p, v_q⟩ x_p x_q`
//!
//! which is Rendle's formula over all features at once. What depends on the visitor alone is computed once a request, what
//! depends on the activity alone once a bundle, the products of the pair features with each other once a model.

use super::factorization_machine::{FactorSum, FactorizationMachine};
use super::machine_features::{FeatureSpace, PAIRS};
use crate::feature::{ActivityRow, PairRow, Schema, UserRow};
use crate::math::dot;

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
pub struct MachineActivity {
    sum: FactorSum,
    /// `⟨v_p, V_a⟩`.
    columns: PairRow,
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
        let mut this = Self {
            pair_weight: [0.0; PAIRS],
            products: vec![[0.0; PAIRS]; PAIRS],
            machine,
            space,
            pair_mean,
            pair_scale,
        };
        let start = this.space.first_pair();
        for p in 0..PAIRS {
            this.pair_weight[p] = this.machine.weight[start + p];
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
            sum,
        }
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
