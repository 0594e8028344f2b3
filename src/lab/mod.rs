//! Virtual hardware on this machine: nodes behind real BMC emulators, and a standalone Ironic.
//!
//! Each step of [`up`] looks first and acts only on what is missing, so it can be killed and repeated at any point, also
//! after a reboot. Everything the lab starts is recorded; [`down`] stops what is recorded and removes the rest.

mod bridge;
pub mod console;
mod daemon;
mod down;
#[cfg(test)]
mod example;
mod health;
mod kept;
mod key;
mod libvirtd;
mod lock;
mod node;
mod packages;
mod places;
mod ports;
mod service;
mod services;

pub mod status;
mod text;
mod up;
mod venv;

use camino::Utf8Path;

use self::places::Places;
pub use self::{
    down::down,
    up::{packages, restart, stop, up},
};
use crate::{drivers::libvirt::Libvirt, model::lab::Lab};

/// The lab at work: its description, its places, and somebody to tell what happens.
pub struct Bench<'a> {
    pub lab: Lab,
    places: Places,
    libvirt: Libvirt,
    tell: &'a (dyn Fn(&str) + Sync),
}

impl<'a> Bench<'a> {
    /// `cache` is where downloads are kept; `tell` receives one line per step.
    pub fn new(lab: Lab, cache: &Utf8Path, tell: &'a (dyn Fn(&str) + Sync)) -> Self {
        let places = Places::new(&lab.path.value, cache);
        let libvirt = Libvirt::at(places.libvirt_uri());
        Self { lab, places, libvirt, tell }
    }
}

/// What a step did.
enum Did {
    /// There was nothing to do.
    Nothing(String),
    Something(String),
}
