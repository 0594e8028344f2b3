//! What Ironic says in `last_error`, in its own words, because clients have nothing else to go by.

use serde_json::Value;

use super::{fault::What, ironic::pythons, road::Circumstances, state::State};

impl Circumstances {
    /// The BMC does not do what it should.
    pub fn bmc_words(&self, what: What) -> String {
        let Self { uuid, address, redfish, .. } = self;
        let failed = format!("Failed to get power state for node {uuid}. Error:");
        match (what, redfish) {
            (What::BmcDead, true) => format!(
                "{failed} Redfish connection failed for node {uuid}: Unable to connect to {address}/redfish/v1/. Error: \
                 [Errno 111] Connection refused"
            ),
            (What::Unauthorised, true) => format!(
                "{failed} Redfish exception occurred. Error: HTTP GET {address}/redfish/v1/ returned code 401. \
                 Base.1.0.GeneralError: unknown error. Extended information: None"
            ),
            (_, true) => format!(
                "{failed} Redfish exception occurred. Error: HTTP GET {address}/redfish/v1/ returned code 500. \
                 Base.1.0.GeneralError: unknown error. Extended information: None"
            ),
            (What::Unauthorised, false) => {
                format!("{failed} IPMI call failed: power status. Error: RAKP 2 HMAC is invalid")
            }
            (_, false) => format!(
                "{failed} IPMI call failed: power status. Error: Unable to establish IPMI v2 / RMCP+ session"
            ),
        }
    }

    /// The conductor was away while it should have worked.
    pub fn restart_words(&self, state: State) -> String {
        let (state, conductor) = (state.name(), &self.conductor);
        format!(
            "The {state} state can't be resumed by conductor {conductor}. Moving to fail state."
        )
    }

    /// The ramdisk could not bring the image to the disk.
    pub fn image_words(&self, what: What) -> String {
        let image = &self.system.image;
        let why = match what {
            What::ImageMissing => format!(
                "Error downloading image: Download of image {image} failed: Received status code 404 from {image}, expected 200"
            ),
            What::WrongChecksum => format!(
                "Image failed to verify against checksum. location: /tmp/image; image ID: {image}"
            ),
            _ => "Error writing image to device: Writing image to device /dev/sda failed with exit code 1. \
                  stderr: No space left on device"
                .to_owned(),
        };
        let Self { uuid, .. } = self;
        format!("Deploy step deploy.write_image failed on node {uuid}. {why}")
    }

    /// A step of cleaning failed at its work; those of a Redfish BMC's BIOS and of a ramdisk tell it alike.
    pub fn step_words(&self) -> String {
        let step = self.steps.list.first().cloned().unwrap_or_default();
        let setting = |setting: &Value| setting["name"].as_str().map(str::to_owned);
        if step["interface"] == "bios" {
            let settings = step["args"]["settings"].as_array().into_iter().flatten();
            let names: Vec<_> =
                settings.filter_map(setting).map(|name| format!("'{name}'")).collect();
            return format!(
                "Redfish BIOS apply_configuration step failed. Attributes [{}] are not updated.",
                names.join(", ")
            );
        }
        format!(
            "Node {} failed step {}: Redfish exception occurred. Error: HTTP POST returned code 500.",
            self.uuid,
            pythons(&step)
        )
    }

    /// The machine did not switch.
    pub fn stuck_words(&self, _: State) -> String {
        "Failed to set node power state to power on.".to_owned()
    }

    /// The ramdisk did not call back.
    pub fn timeout_words(&self, state: State) -> String {
        match state {
            State::InspectWait => {
                "Timeout reached while inspecting the node. Please check if the ramdisk \
                                   responsible for the inspection is running on the node."
                    .to_owned()
            }
            State::CleanWait => {
                "Timeout reached while cleaning the node. Please check if the ramdisk responsible \
                                 for the cleaning is running on the node."
                    .to_owned()
            }
            _ => format!("Timeout reached while waiting for callback for node {}", self.uuid),
        }
    }

    /// Somebody did not want to wait any longer.
    pub fn abort_words(state: State) -> String {
        let words = match state {
            State::InspectWait => "Inspection was aborted by request.",
            State::CleanWait => "By request, the clean operation was aborted",
            _ => "By request, the deploy operation was aborted",
        };
        words.to_owned()
    }
}
