//! Protocol tests over real sockets.
