//! Learning: from interaction events to a published bundle.
