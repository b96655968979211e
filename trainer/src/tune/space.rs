//! The knobs that are turned, how far, and what happens at each end.

use triqueta::math::Random;

use crate::train::TrainOptions;

/// How values lie between the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Evenly in the logarithm: a factor of two is as likely anywhere.
    Logarithmic,
    /// Evenly in the logarithm, rounded to whole numbers.
    Whole,
}

/// One setting.
pub struct Knob {
    /// Its name in settings files.
    pub name: &'static str,
    /// The lowest value tried.
    pub low: f64,
    /// The highest value tried.
    pub high: f64,
    /// How values lie between them.
    pub scale: Scale,
    /// What happens at each end.
    pub about: &'static str,
    /// Reads it.
    pub get: fn(&TrainOptions) -> f64,
    /// Turns it.
    pub set: fn(&mut TrainOptions, f64),
}

/// All of them, in the order of tables. A new one is one entry; put it last, for the values of a trial are drawn in order.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: "history_half_life_days",
        low: 7.0,
        high: 1_000.0,
        scale: Scale::Logarithmic,
        about: "low: only the last weeks speak; high: everything a visitor ever did counts alike",
        get: |options| f64::from(options.history_half_lives.first().copied().unwrap_or(180.0)),
        set: |options, value| options.history_half_lives = vec![value as f32],
    },
    Knob {
        name: "counter_half_life_days",
        low: 2.0,
        high: 90.0,
        scale: Scale::Logarithmic,
        about: "low: popularity is what is chosen these days; high: what ever was",
        get: |options| f64::from(options.counter_half_life_days),
        set: |options, value| options.counter_half_life_days = value as f32,
    },
    Knob {
        name: "blend_from",
        low: 0.2,
        high: 0.7,
        scale: Scale::Linear,
        about: "low: many choices for the blend, from models that knew little; high: few, from models that knew more",
        get: |options| options.blend_from,
        set: |options, value| options.blend_from = value,
    },
    Knob {
        name: "tower_learning_rate",
        low: 3e-4,
        high: 2e-2,
        scale: Scale::Logarithmic,
        about: "low: the towers need more epochs than they get; high: they never settle",
        get: |options| options.towers.learning_rate,
        set: |options, value| options.towers.learning_rate = value,
    },
    Knob {
        name: "tower_temperature",
        low: 0.03,
        high: 0.3,
        scale: Scale::Logarithmic,
        about: "low: near neighbours are told apart sharply; high: only the coarse order is learned",
        get: |options| options.towers.temperature,
        set: |options, value| options.towers.temperature = value,
    },
    Knob {
        name: "tower_l2",
        low: 1e-6,
        high: 1e-3,
        scale: Scale::Logarithmic,
        about: "low: the towers trust the log alone; high: they forget it",
        get: |options| options.towers.l2,
        set: |options, value| options.towers.l2 = value,
    },
    Knob {
        name: "tower_dropout",
        low: 0.0,
        high: 0.5,
        scale: Scale::Linear,
        about: "low: names of organisers and tags are trusted; high: new ones are prepared for and known ones half ignored",
        get: |options| options.towers.dropout,
        set: |options, value| options.towers.dropout = value,
    },
    Knob {
        name: "tower_uniform_negatives",
        low: 0.0,
        high: 1.0,
        scale: Scale::Linear,
        about: "low: contrasts only with what others chose; high: much contrast with what nobody would choose",
        get: |options| options.towers.uniform_negatives,
        set: |options, value| options.towers.uniform_negatives = value,
    },
    Knob {
        name: "tree_rate",
        low: 0.03,
        high: 0.3,
        scale: Scale::Logarithmic,
        about: "low: many small trees, slow and smooth; high: few trees, each trusted much",
        get: |options| options.trees.rate,
        set: |options, value| options.trees.rate = value,
    },
    Knob {
        name: "tree_l2",
        low: 0.5,
        high: 50.0,
        scale: Scale::Logarithmic,
        about: "low: leaves say all they have seen; high: they need much evidence to say anything",
        get: |options| options.trees.l2,
        set: |options, value| options.trees.l2 = value,
    },
    Knob {
        name: "tree_input_share",
        low: 0.2,
        high: 1.0,
        scale: Scale::Linear,
        about: "low: trees differ and each sees little; high: the strongest inputs decide in all",
        get: |options| options.trees.input_share,
        set: |options, value| options.trees.input_share = value,
    },
    Knob {
        name: "factor_width",
        low: 8.0,
        high: 64.0,
        scale: Scale::Whole,
        about: "low: broad tastes only, few bytes; high: single choices by heart, more bytes",
        get: |options| options.factors.width as f64,
        set: |options, value| options.factors.width = value as usize,
    },
    Knob {
        name: "factor_regularisation",
        low: 1e-3,
        high: 0.1,
        scale: Scale::Logarithmic,
        about: "low: factors follow every choice; high: they rank by popularity",
        get: |options| f64::from(options.factors.regularisation),
        set: |options, value| options.factors.regularisation = value as f32,
    },
    Knob {
        name: "neighbour_regularisation",
        low: 10.0,
        high: 1_000.0,
        scale: Scale::Logarithmic,
        about: "low: rare coincidences decide who is alike; high: only what is popular has neighbours",
        get: |options| options.neighbours.regularisation,
        set: |options, value| options.neighbours.regularisation = value,
    },
];

impl Knob {
    /// A value at random.
    pub(super) fn draw(&self, random: &mut Random) -> f64 {
        let share = random.uniform();
        let value = match self.scale {
            Scale::Linear => self.low + (self.high - self.low) * share,
            Scale::Logarithmic | Scale::Whole => self.low * libm::pow(self.high / self.low, share),
        };
        // Four digits: what is drawn, written and read again is the same.
        let digits = 3 - libm::floor(libm::log10(value.abs().max(1e-12))) as i32;
        let scale = libm::pow(10.0, f64::from(digits));
        match self.scale {
            Scale::Whole => value.round(),
            _ => ((value * scale).round() / scale).clamp(self.low, self.high),
        }
    }
}
