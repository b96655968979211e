//! What do trees say of several pairs at once?
//!
//! Whoever walks a tree waits at every question for the answer, and what will be answered is hard to predict. Asked all at once,
//! each question rules some of its tree's ends out, whatever is answered to the others (Lucchese and others, "QuickScorer: a fast
//! algorithm to rank documents with additive ensembles of regression trees", 2015; "Exploiting CPU SIMD extensions to speed-up
//! document scoring with tree ensembles", 2016): for several pairs that is a subtraction of numbers side by side and a few operations
//! on bits.

use super::boosted_trees::{SECOND_LOOK_INPUTS, SecondLook, TreeNode};

/// So many pairs are asked about together.
pub const SECOND_LOOKS: usize = 8;
/// A bit an end.
const MOST_ENDS: u32 = u32::BITS;

/// The same inputs of several pairs side by side. What is no number is infinite, which answers no as well, and -0 is 0: so the sign
/// of a difference is the answer.
pub(super) struct LooksByInput([[f32; SECOND_LOOKS]; SECOND_LOOK_INPUTS]);

impl LooksByInput {
    pub(super) fn of(looks: &[SecondLook; SECOND_LOOKS]) -> Self {
        let mut inputs = [[0.0; SECOND_LOOKS]; SECOND_LOOK_INPUTS];
        for (number, of_input) in inputs.iter_mut().enumerate() {
            for (value, look) in of_input.iter_mut().zip(looks) {
                *value = if look[number].is_nan() {
                    f32::INFINITY
                } else {
                    look[number] + 0.0
                };
            }
        }
        Self(inputs)
    }
}

/// Trees of few ends, as what their questions rule out; the others are to be walked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct AskedTrees {
    questions: Vec<Question>,
    /// Of all trees, each one's where a yes leads before those where a no does.
    ends: Vec<f32>,
    /// How many of these each tree has, and one question less; 0 where it is to be walked.
    ends_of_trees: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Question {
    value: f32,
    column: u32,
    /// The ends that a no leaves, a bit each, the lowest for the first.
    left_by_no: u32,
}

impl AskedTrees {
    /// Trees beginning at these nodes, which all lead to later ones.
    pub(super) fn new(roots: &[u32], nodes: &[TreeNode]) -> Self {
        let mut ends_of = vec![1_u32; nodes.len()];
        for (number, node) in nodes.iter().enumerate().rev() {
            if node.column != TreeNode::LEAF {
                let [yes, no] = [node.yes, node.no].map(|to| ends_of[to as usize]);
                ends_of[number] = yes.saturating_add(no);
            }
        }
        let (mut asked, mut room) = (Self::default(), nodes.len());
        let ends_of_tree = |&root: &u32| {
            let ends = ends_of[root as usize];
            // Trees that share nodes would be taken apart: into no more than there are.
            let size = 2 * ends.min(MOST_ENDS) as usize - 1;
            if ends > MOST_ENDS || size > room {
                return 0;
            }
            room -= size;
            asked.add(nodes, root, asked.ends.len());
            ends as u8
        };
        let ends_of_trees = roots.iter().map(ends_of_tree).collect();
        Self {
            ends_of_trees,
            ..asked
        }
    }

    /// Adds what is asked from a node of a tree on, whose ends begin at `first`. Returns which ends it can lead to.
    fn add(&mut self, nodes: &[TreeNode], number: u32, first: usize) -> u32 {
        let node = nodes[number as usize];
        if node.column == TreeNode::LEAF {
            self.ends.push(node.value);
            return 1 << (self.ends.len() - 1 - first);
        }
        let yes = self.add(nodes, node.yes, first);
        let no = self.add(nodes, node.no, first);
        self.questions.push(Question {
            value: node.value,
            column: node.column.into(),
            left_by_no: !yes,
        });
        yes | no
    }

    /// What each tree says of several pairs, one tree after the other; nothing where it has too many ends, or is too much
    /// entwined with others.
    pub(super) fn said<'a>(
        &'a self,
        looks: &'a LooksByInput,
    ) -> impl Iterator<Item = Option<[f32; SECOND_LOOKS]>> + 'a {
        let (mut questions, mut ends) = (&self.questions[..], &self.ends[..]);
        self.ends_of_trees.iter().map(move |&count| {
            let count = usize::from(count);
            let (its_questions, other_questions) = questions.split_at(count.saturating_sub(1));
            let (its_ends, other_ends) = ends.split_at(count);
            (questions, ends) = (other_questions, other_ends);
            (count > 0).then(|| {
                let left = left(its_questions, looks);
                // Of those that are left the first is where the answers lead.
                left.map(|left| its_ends[left.trailing_zeros() as usize])
            })
        })
    }
}

/// Of each pair the ends that no question rules out.
fn left(questions: &[Question], looks: &LooksByInput) -> [u32; SECOND_LOOKS] {
    let mut left = [u32::MAX; SECOND_LOOKS];
    for question in questions {
        let inputs = &looks.0[question.column as usize];
        for (left, input) in left.iter_mut().zip(inputs) {
            // All bits or none: the sign of the difference, which is 0 only where both are the same, however small they are. Of a
            // comparison the compiler makes one number after the other.
            let left_by_yes = (input - question.value).to_bits() as i32 >> (u32::BITS - 1);
            *left &= left_by_yes as u32 | question.left_by_no;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::boosted_trees::BoostedTrees;
    use super::*;
    use crate::math::Random;

    const NUMBERS: [f32; 12] = [
        f32::NAN,
        f32::NEG_INFINITY,
        f32::INFINITY,
        f32::MIN,
        f32::MAX,
        -0.0,
        0.0,
        1e-45,
        -1e-45,
        f32::MIN_POSITIVE,
        1.0,
        1.000_000_1,
    ];

    fn number(random: &mut Random) -> f32 {
        match random.below(3) {
            0 => random.uniform() as f32 - 0.5,
            _ => NUMBERS[random.below(NUMBERS.len())],
        }
    }

    /// Adds a tree of so many ends and returns its root; its nodes may lead into others', where they `share`.
    fn grow(random: &mut Random, nodes: &mut Vec<TreeNode>, ends: usize, shares: bool) -> u32 {
        let number_of = nodes.len();
        nodes.push(TreeNode::leaf(random.uniform() as f32));
        if ends > 1 {
            let of_yes = 1 + random.below(ends - 1);
            let yes = grow(random, nodes, of_yes, shares);
            let no = match random.below(2) {
                0 if shares => yes,
                _ => grow(random, nodes, ends - of_yes, shares),
            };
            let mut value = number(random);
            while !value.is_finite() {
                value = number(random);
            }
            let column = random.below(SECOND_LOOK_INPUTS) as u16;
            nodes[number_of] = TreeNode {
                column,
                value,
                yes,
                no,
            };
        }
        number_of as u32
    }

    /// How many of the trees were asked together.
    fn asked_like_walked(seed: u64, most_ends: usize, shares: bool) -> usize {
        let mut random = Random::new(seed);
        let (mut nodes, mut roots) = (Vec::new(), Vec::new());
        for _ in 0..12 {
            let ends = 1 + random.below(most_ends);
            roots.push(grow(&mut random, &mut nodes, ends, shares));
        }
        // A tree may be there twice.
        roots.push(roots[random.below(roots.len())]);
        let asked = AskedTrees::new(&roots, &nodes);
        let trees = BoostedTrees::new(roots, nodes).unwrap();
        for _ in 0..40 {
            let looks =
                [(); SECOND_LOOKS].map(|()| [(); SECOND_LOOK_INPUTS].map(|()| number(&mut random)));
            let together = trees.adjustments(&looks);
            let alone = looks.each_ref().map(|look| trees.adjustment(look));
            assert_eq!(
                together.map(f32::to_bits),
                alone.map(f32::to_bits),
                "seed {seed}"
            );
        }
        let by_input = LooksByInput::of(&[[0.0; SECOND_LOOK_INPUTS]; SECOND_LOOKS]);
        asked.said(&by_input).flatten().count()
    }

    #[test]
    fn several_pairs_together_are_told_what_each_is_told_alone() {
        for seed in 0..40 {
            // The one that is there twice has no nodes of its own.
            assert_eq!(asked_like_walked(seed, 32, false), 12);
            assert!(asked_like_walked(seed, 200, false) < 12);
            assert!((1..12).contains(&asked_like_walked(seed, 24, true)));
        }
    }

    #[test]
    fn trees_that_share_nodes_are_not_taken_apart_without_end() {
        // Two ways from each node to the next: 2^100 from the first to the end.
        let chain = |node: u32| TreeNode {
            column: 0,
            value: 0.0,
            yes: node + 1,
            no: node + 1,
        };
        let mut nodes: Vec<TreeNode> = (0..100).map(chain).collect();
        nodes.push(TreeNode::leaf(2.0));
        let roots: Vec<u32> = (0..100).chain([96; 1_000]).collect();
        let asked = AskedTrees::new(&roots, &nodes);
        assert!(asked.questions.len() + asked.ends.len() <= nodes.len());
        let trees = BoostedTrees::new(roots, nodes).unwrap();
        let looks = [[1.0; SECOND_LOOK_INPUTS]; SECOND_LOOKS];
        assert_eq!(trees.adjustments(&looks), [2_200.0; SECOND_LOOKS]);
    }
}
