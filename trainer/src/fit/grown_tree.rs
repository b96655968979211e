//! One tree, grown at the leaf that gains most, from sums of slopes and curvatures a bin.

use rayon::prelude::*;
use triqueta::model::TreeNode;

use super::boosted_trees::TreeOptions;

/// Slope and curvature of the loss in the score of each candidate.
pub(super) struct Gradients {
    pub(super) slope: Vec<f64>,
    pub(super) curvature: Vec<f64>,
}

/// Sums over some candidates.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    slope: f64,
    curvature: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.slope += other.slope;
        self.curvature += other.curvature;
    }

    fn less(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            curvature: self.curvature - other.curvature,
        }
    }

    /// How much loss the best value takes away, twice over.
    fn worth(self, l2: f64) -> f64 {
        self.slope * self.slope / (self.curvature + l2)
    }
}

/// The best question of a leaf.
#[derive(Clone, Copy)]
struct Question {
    gain: f64,
    input: usize,
    /// Bins up to this one answer yes.
    bin: usize,
}

/// A leaf that may still grow.
struct Leaf {
    node: usize,
    candidates: Vec<u32>,
    sums: Sums,
    /// Sums a bin, by place in `inputs`.
    histograms: Vec<Vec<Sums>>,
    question: Option<Question>,
}

/// Grows a tree over the drawn candidates; its nodes, children after their parents. `bins(input)` are the bins of all
/// candidates, `cuts[input]` the values between them.
pub(super) fn grow<'a>(
    gradients: &Gradients,
    drawn: Vec<u32>,
    inputs: &[usize],
    cuts: &[Vec<f32>],
    bins: &(impl Fn(usize) -> &'a [u8] + Sync),
    leaves: usize,
    options: &TreeOptions,
) -> Vec<TreeNode> {
    let histograms_of = |candidates: &[u32]| -> Vec<Vec<Sums>> {
        inputs
            .par_iter()
            .map(|&input| {
                let mut histogram = vec![Sums::default(); cuts[input].len() + 1];
                let bins = bins(input);
                for &candidate in candidates {
                    let candidate = candidate as usize;
                    histogram[usize::from(bins[candidate])].add(Sums {
                        slope: gradients.slope[candidate],
                        curvature: gradients.curvature[candidate],
                    });
                }
                histogram
            })
            .collect()
    };
    let leaf = |node: usize, candidates: Vec<u32>, histograms: Vec<Vec<Sums>>| {
        let mut sums = Sums::default();
        for &candidate in &candidates {
            sums.add(Sums {
                slope: gradients.slope[candidate as usize],
                curvature: gradients.curvature[candidate as usize],
            });
        }
        let question = best_question(inputs, &histograms, sums, options);
        Leaf {
            node,
            candidates,
            sums,
            histograms,
            question,
        }
    };
    let mut nodes = vec![TreeNode::leaf(0.0)];
    let histograms = histograms_of(&drawn);
    let mut open = vec![leaf(0, drawn, histograms)];
    while open.len() < leaves {
        let Some((place, question)) = best_leaf(&open) else {
            break;
        };
        let parent = open.swap_remove(place);
        let answers = bins(question.input);
        let (yes, no): (Vec<u32>, Vec<u32>) = parent
            .candidates
            .iter()
            .partition(|&&candidate| usize::from(answers[candidate as usize]) <= question.bin);
        // The smaller half is summed, the larger is what is left of the parent.
        let smaller = histograms_of(if yes.len() <= no.len() { &yes } else { &no });
        let larger = parent
            .histograms
            .iter()
            .zip(&smaller)
            .map(|(all, part)| all.iter().zip(part).map(|(a, p)| a.less(*p)).collect())
            .collect();
        let (of_yes, of_no) = if yes.len() <= no.len() {
            (smaller, larger)
        } else {
            (larger, smaller)
        };
        let next = nodes.len();
        nodes[parent.node] = TreeNode {
            column: question.input as u16,
            value: cuts[question.input][question.bin],
            yes: next as u32,
            no: next as u32 + 1,
        };
        nodes.extend([TreeNode::leaf(0.0); 2]);
        open.push(leaf(next, yes, of_yes));
        open.push(leaf(next + 1, no, of_no));
    }
    for leaf in open {
        let value = -leaf.sums.slope / (leaf.sums.curvature + options.l2);
        nodes[leaf.node] = TreeNode::leaf((options.rate * value) as f32);
    }
    nodes
}

/// The leaf whose question gains most, the first among equals.
fn best_leaf(open: &[Leaf]) -> Option<(usize, Question)> {
    let mut best: Option<(usize, Question)> = None;
    for (place, leaf) in open.iter().enumerate() {
        if let Some(question) = leaf.question
            && best.is_none_or(|(_, best)| question.gain > best.gain)
        {
            best = Some((place, question));
        }
    }
    best
}

fn best_question(
    inputs: &[usize],
    histograms: &[Vec<Sums>],
    all: Sums,
    options: &TreeOptions,
) -> Option<Question> {
    let mut best: Option<Question> = None;
    for (&input, histogram) in inputs.iter().zip(histograms) {
        let mut yes = Sums::default();
        for (bin, sums) in histogram.iter().enumerate().take(histogram.len() - 1) {
            yes.add(*sums);
            let no = all.less(yes);
            if yes.curvature < options.least_curvature || no.curvature < options.least_curvature {
                continue;
            }
            let gain = yes.worth(options.l2) + no.worth(options.l2) - all.worth(options.l2);
            if gain > 1e-9 && best.is_none_or(|best| gain > best.gain) {
                best = Some(Question { gain, input, bin });
            }
        }
    }
    best
}
