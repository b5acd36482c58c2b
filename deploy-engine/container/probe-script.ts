/**
 * Asks the kernel for every TCP socket of the network namespace (sock_diag(7), what `ss -ti` does; it needs no
 * privilege) in plain Perl, which every Debian image has. Its argument is a host name. It prints
 *
 *     address <address>                        for each address of the host
 *     socket <state> <local port> <remote address> <remote port> <unacknowledged segments>
 *            <ms since data was sent> <ms since data came> <ms since an acknowledgement came> <round trip in us>
 *            <bytes acknowledged> <bytes received>                                        all on one line
 *     closed <local port> <remote address> <remote port>     for each that this side closed within the last minute
 *     end                                      when nothing is missing
 *
 * For a socket that listens the remote address is the one that it listens on.
 *
 * The offsets are those of inet_diag_msg and tcp_info in Linux's include/uapi; both only ever grow at their end.
 */
export const PROBE_SCRIPT = String.raw`
use strict; use Socket qw(:DEFAULT :addrinfo inet_ntop IPPROTO_TCP);
my ($host) = @ARGV;
my ($error, @found) = getaddrinfo($host, '', { socktype => SOCK_STREAM });
die "$host: $error\n" if $error;
print 'address ', (getnameinfo($_->{addr}, NI_NUMERICHOST, NIx_NOSERV))[1], "\n" for @found;
my ($NETLINK, $SOCK_DIAG, $BY_FAMILY, $DUMP, $ERROR, $DONE, $INFO) = (16, 4, 20, 0x301, 2, 3, 2);
my ($FIN_WAIT, $TIME_WAIT, $LISTEN) = (5, 6, 10);
socket(my $kernel, $NETLINK, SOCK_RAW, $SOCK_DIAG) or die "netlink: $!\n";
for my $family (AF_INET, AF_INET6) {
  my $ask = pack('CCCCL x48', $family, IPPROTO_TCP, 1 << ($INFO - 1), 0, 0xffffffff);
  send($kernel, pack('LSSLL', 16 + length $ask, $BY_FAMILY, $DUMP, 1, 0) . $ask, 0) or die "netlink: $!\n";
  PART: while (1) {
    defined recv($kernel, my $part, 1 << 17, 0) or die "netlink: $!\n";
    while (length $part >= 16) {
      my ($length, $type) = unpack('LS', $part);
      last PART if $type == $DONE;
      die "sock_diag is refused\n" if $type == $ERROR || $length < 88;
      show(substr($part, 16, $length - 16));
      $part = substr($part, ($length + 3) & ~3);
    }
  }
}
print "end\n";

sub show {
  my ($socket) = @_;
  my ($family, $state, $local, $remote) = unpack('CC x2 nn', $socket);
  my $address = inet_ntop($family, substr($socket, $state == $LISTEN ? 8 : 24, $family == AF_INET ? 4 : 16));
  my $rest = substr($socket, 72);
  while (length $rest >= 4) {
    my ($length, $type) = unpack('SS', $rest);
    last if $length < 4;
    my @info = $type == $INFO && $length >= 140 ? unpack('x28 L x16 L x4 L L x8 L x48 Q Q', $rest) : ();
    return print join(' ', 'socket', $state, $local, $address, $remote, @info), "\n" if @info;
    my $next = ($length + 3) & ~3;
    last if $next >= length $rest;
    $rest = substr($rest, $next);
  }
  print join(' ', 'closed', $local, $address, $remote), "\n" if $state == $FIN_WAIT || $state == $TIME_WAIT;
}
`
