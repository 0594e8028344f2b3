//! Virtual hardware on this machine: nodes behind real BMC emulators, and a standalone Ironic.
