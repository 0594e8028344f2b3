//! Ironic's provision states, as far as the rack goes through them, and what may be asked of a node in each.

/// A provision state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Enroll,
    Verifying,
    Manageable,
    Inspecting,
    InspectWait,
    InspectFailed,
    Cleaning,
    CleanWait,
    CleanFailed,
    Available,
    Deploying,
    DeployWait,
    DeployFailed,
    Active,
    Deleting,
    Error,
    Adopting,
    AdoptFailed,
}

impl State {
    const NAMES: [(Self, &'static str); 18] = [
        (Self::Enroll, "enroll"),
        (Self::Verifying, "verifying"),
        (Self::Manageable, "manageable"),
        (Self::Inspecting, "inspecting"),
        (Self::InspectWait, "inspect wait"),
        (Self::InspectFailed, "inspect failed"),
        (Self::Cleaning, "cleaning"),
        (Self::CleanWait, "clean wait"),
        (Self::CleanFailed, "clean failed"),
        (Self::Available, "available"),
        (Self::Deploying, "deploying"),
        (Self::DeployWait, "wait call-back"),
        (Self::DeployFailed, "deploy failed"),
        (Self::Active, "active"),
        (Self::Deleting, "deleting"),
        (Self::Error, "error"),
        (Self::Adopting, "adopting"),
        (Self::AdoptFailed, "adopt failed"),
    ];

    /// Ironic's name of it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// Whether a conductor is at work and holds the node's lock.
    pub fn is_locked(self) -> bool {
        use State as S;
        matches!(
            self,
            S::Verifying | S::Inspecting | S::Cleaning | S::Deploying | S::Deleting | S::Adopting
        )
    }

    /// Whether the conductor waits for the ramdisk to report.
    pub fn waits_for_ramdisk(self) -> bool {
        matches!(self, Self::InspectWait | Self::CleanWait | Self::DeployWait)
    }

    /// What is under way, as Ironic's history calls it.
    pub fn work(self) -> &'static str {
        use State as S;
        match self {
            S::Enroll | S::Verifying | S::Manageable => "verify",
            S::Inspecting | S::InspectWait | S::InspectFailed => "introspection",
            S::Cleaning | S::CleanWait | S::CleanFailed => "cleaning",
            S::Available | S::Deploying | S::DeployWait | S::DeployFailed => "deploying",
            S::Active | S::Deleting | S::Error => "delete",
            S::Adopting | S::AdoptFailed => "adoption",
        }
    }

    /// Whether the API takes changes to the node's fields although the node is on its way.
    pub fn takes_changes(self) -> bool {
        use State as S;
        matches!(
            self,
            S::Verifying
                | S::InspectWait
                | S::InspectFailed
                | S::CleanFailed
                | S::DeployFailed
                | S::Error
                | S::AdoptFailed
        )
    }

    /// Whether a node may be deleted.
    pub fn may_go(self) -> bool {
        matches!(self, Self::Enroll | Self::Manageable | Self::Available | Self::AdoptFailed)
    }

    /// Where a failure of what goes on in this state leads.
    #[must_use]
    pub fn when_failed(self) -> Self {
        use State as S;
        match self {
            S::Enroll | S::Verifying => S::Enroll,
            S::Manageable | S::Inspecting | S::InspectWait | S::InspectFailed => S::InspectFailed,
            S::Cleaning | S::CleanWait | S::CleanFailed => S::CleanFailed,
            S::Available | S::Deploying | S::DeployWait | S::DeployFailed => S::DeployFailed,
            S::Active | S::Deleting | S::Error => S::Error,
            S::Adopting | S::AdoptFailed => S::AdoptFailed,
        }
    }

    /// Where Ironic wants to take a node in this state.
    pub fn target(self) -> Option<Self> {
        use State as S;
        match self {
            S::Verifying | S::Inspecting | S::InspectWait | S::InspectFailed => Some(S::Manageable),
            S::Cleaning | S::CleanWait | S::CleanFailed | S::Deleting => Some(S::Available),
            S::Deploying | S::DeployWait | S::DeployFailed | S::Adopting | S::AdoptFailed => {
                Some(S::Active)
            }
            S::Enroll | S::Manageable | S::Available | S::Active | S::Error => None,
        }
    }
}

/// What may be asked for as a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Manage,
    Inspect,
    Clean,
    Provide,
    Active,
    Rebuild,
    Deleted,
    Adopt,
    Abort,
}

impl Verb {
    /// As the API spells it.
    pub fn of(target: &str) -> Option<Self> {
        Some(match target {
            "manage" => Self::Manage,
            "inspect" => Self::Inspect,
            "clean" => Self::Clean,
            "provide" => Self::Provide,
            "active" => Self::Active,
            "rebuild" => Self::Rebuild,
            "deleted" | "undeploy" => Self::Deleted,
            "adopt" => Self::Adopt,
            "abort" => Self::Abort,
            _ => return None,
        })
    }

    /// Whether a node in this state may be asked for it.
    pub fn is_possible(self, state: State) -> bool {
        use State as S;
        let from: &[State] = match self {
            Self::Manage => {
                &[S::Enroll, S::CleanFailed, S::Available, S::InspectFailed, S::AdoptFailed]
            }
            Self::Inspect => &[S::Manageable, S::InspectFailed],
            Self::Clean | Self::Provide => &[S::Manageable],
            Self::Active => &[S::Available, S::DeployFailed],
            Self::Rebuild => &[S::Active, S::DeployFailed, S::Error],
            Self::Deleted => &[S::Active, S::DeployWait, S::DeployFailed, S::Error],
            Self::Adopt => &[S::Manageable, S::AdoptFailed],
            Self::Abort => &[S::CleanWait, S::InspectWait, S::DeployWait],
        };
        from.contains(&state)
    }
}
