/**
 * Asks a web server by HTTP for one page, in plain Perl, which every Debian image has. Its arguments are a host, a
 * port, the path with the query, and how many seconds it may take. It prints one of
 *
 *     answer <the first bytes that came, in hexadecimal>
 *     unreachable <why>
 *     late
 *
 * HTTP 1.0: servers answer it in one piece and hang up.
 */
export const ASK_SCRIPT = String.raw`
use strict; use Socket qw(:DEFAULT :addrinfo);
my ($host, $port, $path, $seconds) = @ARGV;
my $answer = '';
sub say_so { print @_, "\n"; exit }
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { say_so($answer eq '' ? 'late' : 'answer ' . unpack('H*', $answer)) };
alarm $seconds;
my ($error, @found) = getaddrinfo($host, $port, { socktype => SOCK_STREAM });
say_so("unreachable $error") if $error;
my $why = '';
for my $at (@found) {
  socket(my $server, $at->{family}, SOCK_STREAM, 0) or do { $why = "$!"; next };
  connect($server, $at->{addr}) or do { $why = "$!"; next };
  my $name = $host =~ /:/ ? "[$host]" : $host;
  syswrite $server, "GET $path HTTP/1.0\r\nHost: $name:$port\r\nUser-Agent: tbs-manager\r\nAccept: */*\r\n\r\n";
  while (length $answer < 8192 && sysread $server, my $part, 4096) { $answer .= $part }
  say_so('answer ' . unpack('H*', $answer));
}
say_so("unreachable $why");
`
