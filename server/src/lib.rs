//! Bundles out, events in.
