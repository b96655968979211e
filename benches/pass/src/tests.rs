#[path = "../../../tests/golden/mod.rs"]
mod golden;

use super::*;

#[test]
fn the_best_are_those_of_all_sums_in_order() {
    for container in golden::BUNDLES {
        let (id, files) = golden::files(container);
        let mut pass = LinearPass::open(&id, files, 0);
        pass.weigh("{}", &History::default().snapshot());
        let all: Vec<Row> = (0..pass.bundle.catalog.len() as u32).map(Row).collect();
        let best = pass.of_every_row().to_vec();
        assert_eq!(best, sorted(&pass, &all));
        let shown = pass.of_what_may_be_shown().to_vec();
        assert!(pass.room.rows.len() < all.len());
        assert_eq!(shown, sorted(&pass, &pass.room.rows));
    }
}

fn sorted(pass: &LinearPass, rows: &[Row]) -> Vec<(Row, f32)> {
    let sums = pass.worth.sums(&pass.prepared);
    let mut all: Vec<_> = rows.iter().map(|&row| (row, sums.of(row))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(BEST);
    all
}
