//! A mini-batch forward and back: everything but where the vectors come from.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis, s};

use super::super::layers::through_rectifier;
use super::super::logistic::logistic_loss;
use super::super::real::Real;
use super::super::simd::vectorised;
use super::head::Head;

/// What a pass over one shard needs and leaves; reused from step to step.
#[derive(Debug, Clone)]
pub(crate) struct Pass<F> {
    /// Vectors of the users, `[groups, product + perceptron]`.
    pub(crate) users: Array2<F>,
    /// Vectors of the items, a group's after each other, `[groups · items a group, product + perceptron]`.
    pub(crate) items: Array2<F>,
    /// What is added to each pair's logit from elsewhere; 0 unless set.
    pub(crate) offsets: Vec<F>,
    /// 1 for a choice, 0 for none, an item each.
    pub(crate) labels: Vec<F>,
    /// Gradients by the logits.
    pub(crate) d_logits: Vec<F>,
    /// Gradients by `users`.
    pub(crate) d_users: Array2<F>,
    /// Gradients by `items`.
    pub(crate) d_items: Array2<F>,
    /// Gradients by the weights.
    pub(crate) d_head: Head<F>,
    /// Sum of the losses.
    pub(crate) loss: f64,
    hidden: Vec<Array2<F>>,
    d_hidden: Vec<Array2<F>>,
    user_part: Array2<F>,
    logits: Vec<F>,
}

impl<F: Real> Head<F> {
    /// Fills `pass` with the logits of its pairs and everything between.
    fn forward(&self, pass: &mut Pass<F>) {
        let product = self.product();
        let a_group = pass.items.nrows() / pass.users.nrows().max(1);
        for layer in 0..self.biases.len() {
            let (before, rest) = pass.hidden.split_at_mut(layer);
            let out = &mut rest[0];
            if layer == 0 {
                pass.user_part.assign(&self.biases[0]);
                let users = pass.users.slice(s![.., product..]);
                general_mat_mul(
                    F::one(),
                    &users,
                    &self.user_layer.t(),
                    F::one(),
                    &mut pass.user_part,
                );
                for (number, mut row) in out.rows_mut().into_iter().enumerate() {
                    row.assign(&pass.user_part.row(number / a_group));
                }
                let items = pass.items.slice(s![.., product..]);
                general_mat_mul(F::one(), &items, &self.item_layer.t(), F::one(), out);
            } else {
                out.assign(&self.biases[layer]);
                let weight = self.layers[layer - 1].t();
                general_mat_mul(F::one(), &before[layer - 1], &weight, F::one(), out);
            }
            if let Some(numbers) = out.as_slice_mut() {
                vectorised(
                    #[inline(always)]
                    || {
                        for x in numbers {
                            *x = x.rectified();
                        }
                    },
                );
            }
        }
        let last = pass.hidden.last();
        let (Some(weights), Some(perceptron)) = (
            self.product_weight.as_slice(),
            self.perceptron_weight.as_slice(),
        ) else {
            return;
        };
        vectorised(
            #[inline(always)]
            || {
                for (number, logit) in pass.logits.iter_mut().enumerate() {
                    let user = pass.users.row(number / a_group).to_slice();
                    let item = pass.items.row(number).to_slice();
                    let mut sum = self.bias[0] + pass.offsets[number];
                    if let (Some(user), Some(item)) = (user, item) {
                        sum += triple(weights, user, item);
                    }
                    if let Some(hidden) = last.and_then(|last| last.row(number).to_slice()) {
                        sum += pair(perceptron, hidden);
                    }
                    *logit = sum;
                }
            },
        );
    }

    /// Loss and all gradients of a shard, each example's share being `share`.
    pub(crate) fn pass(&self, pass: &mut Pass<F>, share: F) {
        self.forward(pass);
        pass.d_users.fill(F::zero());
        pass.d_items.fill(F::zero());
        pass.d_head
            .blocks_mut()
            .into_iter()
            .for_each(|block| block.fill(F::zero()));
        pass.loss = 0.0;
        self.backward_to_last(pass, share);
        self.backward_layers(pass);
    }

    /// From the logits to the products' vectors and the last layer.
    fn backward_to_last(&self, pass: &mut Pass<F>, share: F) {
        let a_group = pass.items.nrows() / pass.users.nrows().max(1);
        let product = self.product();
        let (hidden, d_hidden) = (pass.hidden.last(), &mut pass.d_hidden.last_mut());
        let (Some(weights), Some(perceptron)) = (
            self.product_weight.as_slice(),
            self.perceptron_weight.as_slice(),
        ) else {
            return;
        };
        let (Some(d_weights), Some(d_perceptron)) = (
            pass.d_head.product_weight.as_slice_mut(),
            pass.d_head.perceptron_weight.as_slice_mut(),
        ) else {
            return;
        };
        vectorised(
            #[inline(always)]
            || {
                let mut d_bias = F::zero();
                for (number, (&logit, &label)) in pass.logits.iter().zip(&pass.labels).enumerate() {
                    let (loss, slope) = logistic_loss(logit, label);
                    let slope = slope * share;
                    pass.loss += loss;
                    pass.d_logits[number] = slope;
                    d_bias += slope;
                    let group = number / a_group;
                    if let (Some(user), Some(item), Some(d_user), Some(d_item)) = (
                        pass.users.row(group).to_slice(),
                        pass.items.row(number).to_slice(),
                        pass.d_users.row_mut(group).into_slice(),
                        pass.d_items.row_mut(number).into_slice(),
                    ) {
                        let (user, item) = (&user[..product], &item[..product]);
                        let (d_user, d_item) = (&mut d_user[..product], &mut d_item[..product]);
                        for k in 0..product {
                            let (u, i, w) = (user[k], item[k], weights[k]);
                            d_weights[k] += slope * u * i;
                            d_user[k] += slope * w * i;
                            d_item[k] = slope * w * u;
                        }
                    }
                    if let (Some(hidden), Some(d_hidden)) = (
                        hidden.and_then(|hidden| hidden.row(number).to_slice()),
                        d_hidden
                            .as_mut()
                            .and_then(|d| d.row_mut(number).into_slice()),
                    ) {
                        for k in 0..perceptron.len() {
                            d_perceptron[k] += slope * hidden[k];
                            d_hidden[k] = slope * perceptron[k];
                        }
                    }
                }
                pass.d_head.bias[0] = d_bias;
            },
        );
    }

    /// From the last layer to the perceptron's vectors.
    fn backward_layers(&self, pass: &mut Pass<F>) {
        let product = self.product();
        let a_group = pass.items.nrows() / pass.users.nrows().max(1);
        for layer in (0..self.biases.len()).rev() {
            let (before, rest) = pass.d_hidden.split_at_mut(layer);
            let d_out = &mut rest[0];
            through_rectifier(d_out, &pass.hidden[layer]);
            pass.d_head.biases[layer].assign(&d_out.sum_axis(Axis(0)));
            if layer > 0 {
                let d_weight = &mut pass.d_head.layers[layer - 1];
                general_mat_mul(
                    F::one(),
                    &d_out.t(),
                    &pass.hidden[layer - 1],
                    F::zero(),
                    d_weight,
                );
                let weight = &self.layers[layer - 1];
                general_mat_mul(F::one(), d_out, weight, F::zero(), &mut before[layer - 1]);
                continue;
            }
            let items = pass.items.slice(s![.., product..]);
            let d_items = &mut pass.d_items.slice_mut(s![.., product..]);
            general_mat_mul(
                F::one(),
                &d_out.t(),
                &items,
                F::zero(),
                &mut pass.d_head.item_layer,
            );
            general_mat_mul(F::one(), d_out, &self.item_layer, F::zero(), d_items);
            pass.user_part.fill(F::zero());
            for (number, row) in d_out.rows().into_iter().enumerate() {
                pass.user_part
                    .row_mut(number / a_group)
                    .zip_mut_with(&row, |sum, &d| *sum += d);
            }
            let users = pass.users.slice(s![.., product..]);
            let d_users = &mut pass.d_users.slice_mut(s![.., product..]);
            let part = &pass.user_part;
            general_mat_mul(
                F::one(),
                &part.t(),
                &users,
                F::zero(),
                &mut pass.d_head.user_layer,
            );
            general_mat_mul(F::one(), part, &self.user_layer, F::zero(), d_users);
        }
    }
}

impl<F: Real> Pass<F> {
    /// The logits of the last pass, one a pair.
    #[cfg(test)]
    pub(crate) fn logits(&self) -> &[F] {
        &self.logits
    }

    /// Room for so many groups of so many items each.
    pub(crate) fn new(head: &Head<F>, groups: usize, a_group: usize) -> Self {
        let user = head.product() + head.user_layer.ncols();
        let item = head.product() + head.item_layer.ncols();
        let pairs = groups * a_group;
        let hidden = || -> Vec<Array2<F>> {
            let widths = head.biases.iter().map(Array1::len);
            widths.map(|width| Array2::zeros((pairs, width))).collect()
        };
        Self {
            users: Array2::zeros((groups, user)),
            items: Array2::zeros((pairs, item)),
            offsets: vec![F::zero(); pairs],
            labels: vec![F::zero(); pairs],
            d_logits: vec![F::zero(); pairs],
            d_users: Array2::zeros((groups, user)),
            d_items: Array2::zeros((pairs, item)),
            d_head: head.zeros_like(),
            loss: 0.0,
            hidden: hidden(),
            d_hidden: hidden(),
            user_part: Array2::zeros((groups, head.user_layer.nrows())),
            logits: vec![F::zero(); pairs],
        }
    }
}

/// `Σ a·b` over the shorter, eight running sums so that it vectorises.
#[inline(always)]
fn pair<F: Real>(a: &[F], b: &[F]) -> F {
    let length = a.len().min(b.len());
    let mut lanes = [F::zero(); 8];
    let whole = length / 8 * 8;
    for (x, y) in a[..whole].chunks_exact(8).zip(b[..whole].chunks_exact(8)) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest = a[whole..length].iter().zip(&b[whole..length]);
    rest.fold(lanes.into_iter().sum(), |sum, (&x, &y)| sum + x * y)
}

/// `Σ w·a·b` over the weights.
#[inline(always)]
fn triple<F: Real>(w: &[F], a: &[F], b: &[F]) -> F {
    let length = w.len();
    let (a, b) = (&a[..length], &b[..length]);
    let mut lanes = [F::zero(); 8];
    let whole = length / 8 * 8;
    for start in (0..whole).step_by(8) {
        let at = start..start + 8;
        let (w, a, b) = (&w[at.clone()], &a[at.clone()], &b[at]);
        for lane in 0..8 {
            lanes[lane] += w[lane] * a[lane] * b[lane];
        }
    }
    let mut sum: F = lanes.into_iter().sum();
    for k in whole..length {
        sum += w[k] * a[k] * b[k];
    }
    sum
}
