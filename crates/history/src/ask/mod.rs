//! Questions and their answers: each a pure function of the columns, with texts fetched for the rows of one page.

pub mod concurrency;
pub mod graphs;
