//! Cases in which the models of the profiles are wrong, and we are not.
