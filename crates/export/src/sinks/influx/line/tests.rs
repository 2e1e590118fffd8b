//! Every row of the table of the format, and the space of inputs.
