//! The built binary, as its user meets it: started, asked, hurt and stopped.

mod demo;
mod login;
mod refusals;
mod secrets;
mod servers;
mod shutdown;
mod support;
