//! Actions performed on a host by the agent.

use serde::{Deserialize, Serialize};

use crate::{host::concern::Concern, model::login::Login};

/// A topic of the host's configuration is as the site says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configure {
    pub login: Login,
    pub concern: Concern,
}
