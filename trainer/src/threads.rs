//! How many cores may learning use?

/// Lets learning use so many threads in this process; 0 takes every core. It must be called before anything is learned:
/// once the threads exist, a later call changes nothing. Results never depend on the number.
pub fn use_threads(threads: usize) {
    // The only failure is that the threads exist already, and then they do what they did.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global();
}
