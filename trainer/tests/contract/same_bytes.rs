//! The same events and seed give the same bundle, byte for byte, whatever the number of threads.

use triqueta::bundle::Files;
use triqueta_trainer::progress::Silent;
use triqueta_trainer::publish::{draft_of_training, seal_draft};
use triqueta_trainer::train::train;

use crate::city::{checkerboard, quick};

fn sealed(threads: usize, seed: u64) -> (String, Files) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(|| {
        let dataset = checkerboard();
        let trained = train(&dataset, &quick(seed), &Silent).unwrap();
        seal_draft(&draft_of_training(&dataset, trained, seed).unwrap()).unwrap()
    })
}

#[test]
fn three_trainings_with_one_and_two_threads_give_the_same_bytes() {
    let (id, files) = sealed(1, 5);
    for threads in [1, 2] {
        let (again, other) = sealed(threads, 5);
        for ((path, bytes), (other_path, other_bytes)) in files.iter().zip(other.iter()) {
            assert_eq!(path, other_path);
            assert!(bytes == other_bytes, "{path} with {threads} threads");
        }
        assert_eq!(again, id);
    }
    assert_ne!(sealed(2, 6).0, id);
}
