//! What titles and descriptions say of a pair: likeness of their rare words to the past and to declared interests.

#![allow(clippy::unwrap_used)]

use triqueta::catalog::{Activity, Catalog, City, Content, Counters, Row, TEXT_TERMS, Words};
use triqueta::event::{Body, FavouriteAction};
use triqueta::feature::{ActivityRow, PAIR_FEATURES, PairSide, Prepared, Schema, UserRow};
use triqueta::history::{Profile, Visitor};

const NOW_MS: i64 = 1_795_359_600_000;

fn activity(id: &str, title: &str, description: &str) -> Activity {
    serde_json::from_value(serde_json::json!({
        "id": id, "title": title, "description": description, "start_ms": NOW_MS + 86_400_000_i64,
    }))
    .unwrap()
}

struct Ground {
    activities: Vec<Activity>,
    catalog: Catalog,
    schema: Schema,
}

/// Two of jazz, two of mountains, and one that says nothing anybody else does.
fn ground() -> Ground {
    let activities = vec![
        activity("a", "Noche de Jazz", "Trompeta y saxofón en vivo"),
        activity("b", "JAZZ al parque", "Saxofon, trompeta y amigos"),
        activity("c", "Caminata al páramo", "Frailejones de noche"),
        activity("d", "Páramo y frailejones", "Caminata con amigos"),
        activity("e", "Ajedrez", ""),
    ];
    let words = Words::learn(&activities, ["jazz"], 1).unwrap();
    let catalog = Catalog::build(City::default(), words.clone(), &activities).unwrap();
    let mut counts = vec![0; words.text.size()];
    let rows = || (0..activities.len() as u32).map(Row);
    rows()
        .flat_map(|row| catalog.text(row))
        .for_each(|&word| counts[usize::from(word)] += 1);
    let schema = Schema::new(City::default(), words, &[], activities.len(), 90.0)
        .with_text_counts(&counts, activities.len());
    Ground {
        activities,
        catalog,
        schema,
    }
}

impl Ground {
    /// A feature of the visitor with each activity.
    fn column(&self, visitor: &Visitor, name: &str) -> Vec<f32> {
        let column = PAIR_FEATURES
            .iter()
            .position(|feature| feature.name == name);
        let counters = Counters::new(self.catalog.len(), NOW_MS, 14.0);
        let prepared = Prepared::new(&self.schema, &self.catalog, &counters);
        let user = UserRow::of(visitor, &self.schema, self.catalog.words(), NOW_MS);
        let side = PairSide::new(&user, visitor, &self.schema, &self.catalog, NOW_MS);
        let rows = (0..self.catalog.len() as u32).map(Row);
        rows.map(|row| {
            let features = side.row(&self.catalog, &prepared, &counters, &self.schema, row);
            features[column.unwrap()]
        })
        .collect()
    }

    fn saved(&self, row: u32) -> Visitor {
        let mut visitor = Visitor::default();
        let body = Body::Favourite {
            activity: self.catalog.id(Row(row)).into(),
            action: FavouriteAction::Added,
            shown: None,
        };
        let content = self.catalog.content(Row(row));
        visitor
            .history
            .observe(NOW_MS - 86_400_000, &body, Some(&content));
        visitor
    }
}

#[test]
fn what_shares_rare_words_with_the_past_is_like_it() {
    let ground = ground();
    let likeness = ground.column(&ground.saved(0), "history_text_cosine");
    assert!((likeness[0] - 1.0).abs() < 1e-5, "{likeness:?}");
    assert!(likeness[1] > 0.6, "{likeness:?}");
    // One word in common, "noche".
    assert!(likeness[2] > 0.0 && likeness[2] < 0.5, "{likeness:?}");
    assert_eq!(likeness[3..], [0.0, 0.0]);
    let strangers = ground.column(&Visitor::default(), "history_text_cosine");
    assert_eq!(strangers, [0.0; 5]);
}

#[test]
fn a_title_may_name_an_interest_that_is_no_tag_of_it() {
    let ground = ground();
    let visitor = Visitor {
        profile: Profile {
            tags: vec!["Jazz y blues".into()],
            ..Profile::default()
        },
        ..Visitor::default()
    };
    let likeness = ground.column(&visitor, "declared_text_cosine");
    assert!(likeness[0] > 0.3 && likeness[1] > 0.3, "{likeness:?}");
    assert_eq!(likeness[2..], [0.0; 3]);
}

#[test]
fn an_activity_remembered_told_raw_or_in_the_catalogue_has_the_same_words() {
    let ground = ground();
    let words = ground.catalog.words();
    for (row, activity) in (0..).map(Row).zip(&ground.activities) {
        let raw = Content::of(activity, &City::default());
        let of_raw = ActivityRow::of_content(&raw, &City::default(), words).text;
        let remembered = ground.catalog.content(row);
        let of_memory = ActivityRow::of_content(&remembered, &City::default(), words).text;
        assert_eq!(of_raw, ground.catalog.text(row));
        assert_eq!(of_memory, ground.catalog.text(row));
        assert!(remembered.text.len() <= TEXT_TERMS);
    }
    assert!(ground.catalog.text(Row(4)).is_empty());
}

#[test]
fn a_later_publication_appends_no_words_of_texts() {
    let ground = ground();
    let words = ground.catalog.words();
    let fresh = [
        activity("f", "Jazz nocturno", "Vinilos raros"),
        activity("g", "Vinilos raros", "Feria nocturna"),
    ];
    let extended = words.extended(&fresh).unwrap();
    assert_eq!(extended.text, words.text);
    assert!(extended.extends(words));
    let catalog = Catalog::build(City::default(), extended, &fresh).unwrap();
    let known = |row: u32| catalog.content(Row(row)).text;
    assert_eq!(known(0), ["jazz"]);
    assert!(known(1).is_empty());
}
