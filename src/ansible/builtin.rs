//! Built-in data of an OpenStack release: Kayobe's defaults and groups, and Ymir's own variables.
