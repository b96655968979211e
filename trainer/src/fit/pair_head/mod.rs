//! What meets where a user and an item are scored together: weighed products of their vectors, and a perceptron over
//! both whose first layer is a sum of one part a side. NeuMF is this and nothing else; Wide & Deep puts tables below it
//! and a sum of cross weights beside it.

mod head;
mod learned;
mod pass;

pub(super) use head::Head;
pub(super) use learned::LearnedHead;
pub(super) use pass::Pass;
