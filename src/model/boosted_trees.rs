//! Gradient-boosted trees (Friedman 2001): what a second look at a survivor changes.
//!
//! The blend is a sum, and a sum cannot say "this organiser, but only on weekends". Trees can: each is a row of yes-or-no
//! questions about the named inputs of one pair that ends in a number, and the numbers add up. They are read by the few
//! hundred survivors of retrieval only, and what they say is one component of the score, *adjustment*.

use crate::error::BundleError;
use crate::feature::{CONTEXT_NUMBERS, PAIR_FEATURES, PairRow, USER_NUMBERS, UserRow};

use super::asked_trees::{AskedTrees, LooksByInput, SECOND_LOOKS};
use super::blend::Score;
use super::learned::{MODEL_INPUTS, ModelScores};

/// How many inputs a second look has: the blend's score, the models, the pair, the maturity of the history, the visitor,
/// and the moment with its weekday.
pub const SECOND_LOOK_INPUTS: usize = 1
    + MODEL_INPUTS.len()
    + PAIR_FEATURES.len()
    + 1
    + USER_NUMBERS.len()
    + CONTEXT_NUMBERS.len()
    + 1;

/// The inputs of one pair, columns as [`second_look_names`] names them.
pub type SecondLook = [f32; SECOND_LOOK_INPUTS];

/// The stable names of the inputs, in column order.
pub fn second_look_names() -> Vec<String> {
    let mut names = vec!["score".to_owned()];
    names.extend(MODEL_INPUTS.iter().map(|input| input.name.to_owned()));
    names.extend(PAIR_FEATURES.iter().map(|feature| feature.name.to_owned()));
    names.push("maturity".into());
    names.extend(USER_NUMBERS.iter().map(|name| format!("visitor.{name}")));
    names.extend(CONTEXT_NUMBERS.iter().map(|name| format!("now.{name}")));
    names.push("now.weekday".into());
    names
}

/// The inputs of one pair: what the blend and the models say, and what they said it from. `user` may lack its history,
/// whose maturity is given apart.
pub fn second_look(
    score: &Score,
    models: &ModelScores,
    pair: &PairRow,
    user: &UserRow,
    maturity: f32,
) -> SecondLook {
    let now = &user.context;
    let mut look = [0.0; SECOND_LOOK_INPUTS];
    let mut rest = &mut look[..];
    for part in [
        &[score.total][..],
        models,
        pair,
        &[maturity],
        &user.numbers,
        &now.numbers,
        &[f32::from(now.weekday)],
    ] {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
    look
}

/// A question, or the number a row of questions ends in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeNode {
    /// The column asked about; [`TreeNode::LEAF`] for an end.
    pub column: u16,
    /// The question is `x < value`, and a number that is not one answers no; at an end the value itself.
    pub value: f32,
    /// Where a yes leads: a node after this one. 0 at an end.
    pub yes: u32,
    /// Where a no leads: a node after this one. 0 at an end.
    pub no: u32,
}

impl TreeNode {
    /// The column of an end.
    pub const LEAF: u16 = u16::MAX;

    /// An end of this value.
    pub fn leaf(value: f32) -> Self {
        Self {
            column: Self::LEAF,
            value,
            yes: 0,
            no: 0,
        }
    }
}

/// Trees over [`SecondLook`], their nodes in one array.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostedTrees {
    roots: Vec<u32>,
    nodes: Vec<TreeNode>,
    asked: AskedTrees,
}

impl BoostedTrees {
    /// Trees beginning at `roots`. Every question leads on to later nodes, so that each row of questions ends.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] for a node that leads nowhere, back, or asks about a column there is not, and for a
    /// number that is not finite.
    pub fn new(roots: Vec<u32>, nodes: Vec<TreeNode>) -> Result<Self, BundleError> {
        let size = nodes.len() as u64;
        let impossible = |(number, node): (usize, &TreeNode)| {
            let leads_on = |to: u32| u64::from(to) > number as u64 && u64::from(to) < size;
            let is_question = usize::from(node.column) < SECOND_LOOK_INPUTS;
            let goes_on = is_question && leads_on(node.yes) && leads_on(node.no);
            !node.value.is_finite() || !(node.column == TreeNode::LEAF || goes_on)
        };
        let problem = nodes
            .iter()
            .enumerate()
            .find_map(|(number, node)| impossible((number, node)).then_some(number))
            .map(|number| format!("node {number} is impossible"))
            .or_else(|| {
                let root = roots.iter().find(|&&root| u64::from(root) >= size)?;
                Some(format!("a tree begins at node {root} of {size}"))
            });
        match problem {
            Some(detail) => Err(BundleError::Malformed {
                path: "trees".into(),
                detail,
            }),
            None => Ok(Self {
                asked: AskedTrees::new(&roots, &nodes),
                roots,
                nodes,
            }),
        }
    }

    /// Where each tree begins.
    pub fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// All nodes.
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// What the trees add to the score of a pair: their ends, summed in order, in logits.
    pub fn adjustment(&self, look: &SecondLook) -> f32 {
        self.roots
            .iter()
            .fold(0.0, |sum, &root| sum + self.end(root, look))
    }

    /// What the trees add to the scores of several pairs, each as [`BoostedTrees::adjustment`] says to the last bit.
    pub fn adjustments(&self, looks: &[SecondLook; SECOND_LOOKS]) -> [f32; SECOND_LOOKS] {
        let mut sums = [0.0; SECOND_LOOKS];
        let by_input = LooksByInput::of(looks);
        for (said, &root) in self.asked.said(&by_input).zip(&self.roots) {
            match said {
                Some(said) => sums
                    .iter_mut()
                    .zip(said)
                    .for_each(|(sum, said)| *sum += said),
                None => {
                    let each = sums.iter_mut().zip(looks);
                    each.for_each(|(sum, look)| *sum += self.end(root, look));
                }
            }
        }
        sums
    }

    /// What one tree says. By itself, because written out for each of several pairs it takes much room.
    #[inline(never)]
    fn end(&self, root: u32, look: &SecondLook) -> f32 {
        let mut at = root as usize;
        loop {
            let node = self.nodes[at];
            match look.get(usize::from(node.column)) {
                Some(&x) if x < node.value => at = node.yes as usize,
                Some(_) => at = node.no as usize,
                None => return node.value,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn question(column: u16, value: f32, yes: u32, no: u32) -> TreeNode {
        TreeNode {
            column,
            value,
            yes,
            no,
        }
    }

    /// One where exactly one of the first two inputs is above a half, and a tenth everywhere.
    fn exclusive_or() -> (Vec<u32>, Vec<TreeNode>) {
        let nodes = vec![
            question(0, 0.5, 1, 2),
            question(1, 0.5, 3, 4),
            question(1, 0.5, 4, 3),
            TreeNode::leaf(0.0),
            TreeNode::leaf(1.0),
            TreeNode::leaf(0.1),
        ];
        (vec![0, 5], nodes)
    }

    #[test]
    fn trees_say_what_no_sum_can() {
        let (roots, nodes) = exclusive_or();
        let trees = BoostedTrees::new(roots, nodes).unwrap();
        for (a, b, expected) in [
            (0.0, 0.0, 0.1),
            (0.0, 1.0, 1.1),
            (1.0, 0.0, 1.1),
            (1.0, 1.0, 0.1),
            // Not a number answers no, like a large one.
            (f32::NAN, 0.0, 1.1),
        ] {
            let mut look = [0.0; SECOND_LOOK_INPUTS];
            (look[0], look[1]) = (a, b);
            assert_eq!(trees.adjustment(&look), expected, "{a} {b}");
        }
    }

    #[test]
    fn trees_that_lead_back_out_or_nowhere_are_refused() {
        let (roots, good) = exclusive_or();
        let bad = [
            (1, question(1, 0.5, 0, 4)),
            (1, question(1, 0.5, 1, 4)),
            (1, question(1, 0.5, 3, 6)),
            (0, question(SECOND_LOOK_INPUTS as u16, 0.5, 1, 2)),
            (0, question(0, f32::NAN, 1, 2)),
            (3, TreeNode::leaf(f32::INFINITY)),
        ];
        for (number, node) in bad {
            let mut nodes = good.clone();
            nodes[number] = node;
            assert!(BoostedTrees::new(roots.clone(), nodes).is_err(), "{node:?}");
        }
        assert!(BoostedTrees::new(vec![6], good).is_err());
    }

    #[test]
    fn every_input_has_a_name_of_its_own() {
        let mut names = second_look_names();
        assert_eq!(names.len(), SECOND_LOOK_INPUTS);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SECOND_LOOK_INPUTS);
    }
}
