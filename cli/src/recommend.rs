//! `triqueta recommend`: the list a visitor would see, by the engine the browser runs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use triqueta::engine::Engine;
use triqueta::error::RequestError;
use triqueta::history::{History, Profile, Visitor};
use triqueta::rank::{Filters, Ranking, Request, Slate};
use triqueta_trainer::Dataset;
use triqueta_trainer::batch::{BatchReport, recommend_all};
use triqueta_trainer::publish::Registry;

use crate::failure::Failure;
use crate::publish::now_ms;
use crate::report::Console;

/// Rank for one profile, or for every visitor of a dataset.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The registry folder with the current bundle.
    #[arg(long, value_name = "FOLDER")]
    registry: PathBuf,
    /// Which variant of the channel.
    #[arg(long, default_value = "default")]
    variant: String,
    /// Tags of interest, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "TAG,…")]
    tags: Vec<String>,
    /// Preferred locality.
    #[arg(long)]
    locality: Option<String>,
    /// Preferred level.
    #[arg(long)]
    level: Option<String>,
    /// Parts of the week, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "PART,…")]
    availability: Vec<String>,
    /// A history snapshot, as the page's "my data" export holds it under `history`.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// How many activities.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// Only these types, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "TYPE,…")]
    types: Vec<String>,
    /// Only these localities, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "LOCALITY,…")]
    localities: Vec<String>,
    /// Only free activities.
    #[arg(long)]
    free: bool,
    /// Also activities that are over.
    #[arg(long)]
    include_past: bool,
    /// The moment to recommend for, Unix ms; now where it is not given.
    #[arg(long, value_name = "MS")]
    at: Option<i64>,
    /// Decides exploration.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Which model ranks.
    #[arg(long, value_enum, default_value_t = Model::Learned)]
    ranking: Model,
    /// Write a trace that `triqueta replay-slate` computes again.
    #[arg(long, value_name = "FILE", conflicts_with = "users")]
    trace: Option<PathBuf>,
    /// `all`: a list for every visitor of --dataset, written to --out.
    #[arg(long, value_enum, requires = "dataset", requires = "out")]
    users: Option<Users>,
    /// The dataset whose visitors are meant.
    #[arg(long, value_name = "FOLDER")]
    dataset: Option<PathBuf>,
    /// Where to write the lists (Parquet).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  triqueta recommend --registry target/registry --tags música,teatro --locality Chapinero
  triqueta recommend --registry target/registry --ranking rule --limit 5 --json
  triqueta recommend --registry target/registry --trace target/slate.json
  triqueta recommend --registry target/registry --users all --dataset target/meetup --include-past --out target/lists.parquet";

#[derive(Clone, Copy, ValueEnum)]
enum Users {
    All,
}

#[derive(Clone, Copy, ValueEnum)]
enum Model {
    Learned,
    Rule,
    Popularity,
    Content,
}

/// Runs the verb.
pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Failure> {
    let engine = Registry::at(&options.registry).engine(&options.variant)?;
    let request = options.request();
    if let (Some(dataset), Some(out)) = (&options.dataset, &options.out) {
        let dataset = Dataset::load(dataset)?;
        let report = recommend_all(&engine, &dataset, &request, out, console)?;
        console.result(&report, || {
            let BatchReport { visitors, rows } = report;
            format!("{rows} rows for {visitors} visitors in {}", out.display())
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let visitor = options.visitor()?;
    let slate = engine.recommend(&visitor, &request)?;
    if let Some(path) = &options.trace {
        let json =
            serde_json::to_vec_pretty(&engine.trace(&visitor, &request)?).unwrap_or_default();
        std::fs::write(path, json).map_err(|error| unusable(path, &error))?;
    }
    console.result(&slate, || describe(&engine, &slate))?;
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn request(&self) -> Request {
        Request {
            limit: self.limit,
            filters: Filters {
                types: self.types.clone(),
                localities: self.localities.clone(),
                free: self.free,
                include_past: self.include_past,
                ..Filters::default()
            },
            now_ms: self.at.unwrap_or_else(now_ms),
            seed: self.seed,
            ranking: match self.ranking {
                Model::Learned => Ranking::Learned,
                Model::Rule => Ranking::Rule,
                Model::Popularity => Ranking::Popularity,
                Model::Content => Ranking::Content,
            },
            placement: "command".into(),
            ..Request::default()
        }
    }

    fn visitor(&self) -> Result<Visitor, Failure> {
        let profile = Profile {
            tags: self.tags.clone(),
            locality: self.locality.clone(),
            availability: self.availability.clone(),
            level: self.level.clone(),
            ..Profile::default()
        };
        let history = match &self.history {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
                History::restore(&text).map_err(triqueta::error::RecommenderError::from)?
            }
            None => History::default(),
        };
        Ok(Visitor { profile, history })
    }
}

/// A file that cannot be read or written.
pub(crate) fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        "FILE_FAILED",
        format!(
            "cannot use `{}`: {error}; check the path and its permissions",
            path.display()
        ),
    )
}

/// JSON that is not what it should be.
pub(crate) fn malformed(path: &Path, error: &serde_json::Error) -> Failure {
    let detail = format!("`{}`: {error}", path.display());
    triqueta::error::RecommenderError::from(RequestError::Malformed { detail }).into()
}

fn describe(engine: &Engine, slate: &Slate) -> String {
    if slate.items.is_empty() {
        return "no activity passes the filters; widen them, or add --include-past".into();
    }
    let city = &engine.bundle().schema.city;
    let lines = slate.items.iter().map(|item| {
        let card = engine.card(&item.activity);
        let (title, start_ms) = card.map_or_else(
            || (item.activity.0.clone(), 0),
            |card| (card.title, card.start_ms),
        );
        let local = city.local_time(start_ms);
        format!(
            "{:>3}  {:>5.1}  {}  {:02} h  {:<50}  {}",
            item.position + 1,
            item.display,
            date(local.day),
            local.hour,
            title.chars().take(50).collect::<String>(),
            item.reason.text
        )
    });
    let head = format!(
        "{} of {} activities, bundle {}",
        slate.items.len(),
        slate.total,
        slate.bundle
    );
    std::iter::once(head)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A local day since 1970-01-01 as ISO date.
fn date(day: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch
        .checked_add(jiff::Span::new().days(day))
        .map_or_else(|_| day.to_string(), |date| date.to_string())
}
