#[path = "../../../tests/golden/mod.rs"]
mod golden;

use super::*;

#[test]
fn the_best_are_those_of_all_sums_in_order() {
    for container in golden::BUNDLES {
        let (id, files) = golden::files(container);
        let mut pass = LinearPass::open(&id, files, 0);
        pass.weigh("{}", &History::default().snapshot());
        assert_eq!(pass.every.len(), pass.bundle.catalog.len());
        let best = pass.of_every_row().to_vec();
        assert_eq!(best, sorted(&pass, &pass.every));
        let shown = pass.of_what_may_be_shown().to_vec();
        assert!(pass.shown.len() < pass.every.len());
        assert_eq!(shown, sorted(&pass, &pass.shown));
    }
}

fn sorted(pass: &LinearPass, rows: &RowSet) -> Vec<(Row, f32)> {
    let sums = pass.worth.sums(&pass.prepared);
    let sum = |row: Row| sums.of_all(row.index() / ROW_GROUP)[row.index() % ROW_GROUP];
    let mut all: Vec<_> = rows.rows().map(|row| (row, sum(row))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(BEST);
    all
}
