//! How does it score?
//!
//! Forward passes only, one file a model; learning lives in the trainer, tied to these passes by finite differences. The
//! score is additive in logit space over a few named components, so that an explanation is the score itself.

mod asked_trees;
mod blend;
mod boosted_trees;
mod content;
mod dense;
mod factorization_machine;
mod item_neighbours;
mod learned;
mod machine_features;
mod matrix_factorization;
mod neural_collaborative_filtering;
mod pair_machine;
mod pooled_neumf;
mod popularity;
mod tower_input;
mod triqueta_rule;
mod two_tower;
mod wide_deep;

pub use asked_trees::SECOND_LOOKS;
pub use blend::{Blend, BlendInput, Linear, Resolved, Score, Weighed};
pub use boosted_trees::{
    BoostedTrees, SECOND_LOOK_INPUTS, SecondLook, TreeNode, second_look, second_look_names,
};
pub use content::content_score;
pub use dense::{Dense, Outputs, Perceptron};
pub use factorization_machine::{FACTORS, FactorSum, FactorizationMachine, Feature};
pub use item_neighbours::Neighbours;
pub use learned::{
    ActivitySide, MODEL_INPUTS, ModelInput, ModelScores, Models, Remembered, VisitorSide,
};
pub use machine_features::FeatureSpace;
pub use matrix_factorization::{ActivityFactors, FoldIn};
pub use neural_collaborative_filtering::{Factors, IdOnlyNeuMf, NeuMf, Side};
pub use pair_machine::{MachineActivity, MachineVisitor, PairMachine};
pub use pooled_neumf::{NEUMF_LAYERS, NEUMF_PERCEPTRON, NEUMF_PRODUCT, PooledNeuMf};
pub use popularity::{PopularitySmoothing, popularity_score};
pub use tower_input::{
    ACTIVITY_INPUTS, ACTIVITY_TABLES, NAMING_BAGS, TABLE_WIDTHS, TowerInput, USER_INPUTS,
    USER_TABLES,
};
pub use triqueta_rule::{RuleOptions, RuleScore, TriquetaRule};
pub use two_tower::{EMBEDDING, Embedding, HIDDEN, Tower, TwoTower};
pub use wide_deep::{
    ACTIVITY_FIELDS, ACTIVITY_WIDTH, CROSSES, Cross, VISITOR_FIELDS, VISITOR_WIDTH,
    WIDE_DEEP_LAYERS, WideDeep, WideDeepActivity, WideDeepInput, WideDeepVisitor,
};
