//! Interprets plans: stages, lanes, failure isolation, journal. It would run plans about bread.

pub mod driver;
