package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/headers"
)

const (
	visitors         = 64
	answersOfResults = 500
)

// pages asks for a survey's page and for its results page, compressed with gzip. nginx serves the same bytes from files that were
// compressed before (gzip_static), with the same security headers. net/http in this process sends them whatever is asked: it is the
// most that a server made with it can do.
func (b *bench) pages(ctx context.Context) (all []row, err error) {
	site := filepath.Join(b.dir, "nginx")
	for _, page := range []struct{ name, path string }{{"survey", "/" + ratings + "/en/"}, {"results", "/" + ratings + "/en/results/"}} {
		ours := func(ctx context.Context, p *program) (values, error) {
			s, err := b.servePages(ctx, p, site, page.path)
			if err != nil {
				return nil, err
			}
			defer s.stop()
			return throughput(ctx, s, visitors, b.turn, always(get(page.path)))
		}
		nginx := side{name: "nginx"}
		if b.peers.nginx != "" {
			nginx.name += " " + b.peers.nginxVersion
			nginx.measure = func(ctx context.Context) (values, error) {
				s, err := b.serveNginx(ctx, site)
				if err != nil {
					return nil, err
				}
				defer s.stop()
				if err := checkGzip(ctx, "http://"+s.address+page.path); err != nil {
					return nil, err
				}
				return throughput(ctx, s, visitors, b.turn, always(get(page.path)))
			}
		}
		bare := side{"net/http alone", func(ctx context.Context) (values, error) { return b.measureNetHTTP(ctx, site, page.path) }}
		what := fmt.Sprintf("serve a %s page, gzip, %d clients: ", page.name, visitors)
		rows, err := b.compare(ctx, loadFigures(what, "pages"), ours, nginx, bare)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// servePages serves a survey with results, and puts a page of it where nginx looks.
func (b *bench) servePages(ctx context.Context, p *program, site, path string) (*server, error) {
	dir := filepath.Join(b.dir, p.name)
	_, err := os.Stat(dir)
	fresh := err != nil
	if err := writeRatings(dir, b.questions, 4); err != nil {
		return nil, err
	}
	s, err := p.serve(ctx, dir, "--production")
	if err != nil {
		return nil, err
	}
	if err := b.preparePages(ctx, s, fresh, site, path); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (b *bench) preparePages(ctx context.Context, s *server, fresh bool, site, path string) error {
	if fresh {
		if _, err := drive(ctx, s.address, answeringClients, times(answersOfResults, answerer(b.questions, 4))); err != nil {
			return err
		}
	}
	address := "http://" + s.address + path
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute) // a release may be up to a minute away
	defer cancel()
	if strings.HasSuffix(path, "/results/") {
		if err := waitFor(limited, address, "<svg"); err != nil { // a chart: there are figures
			return err
		}
	}
	if err := checkGzip(ctx, address); err != nil {
		return err
	}
	page, err := fetch(ctx, address)
	if err != nil {
		return err
	}
	var small bytes.Buffer
	w, _ := gzip.NewWriterLevel(&small, gzip.BestCompression) // the level is valid
	w.Write(page)                                             // to memory
	w.Close()
	file := filepath.Join(site, filepath.FromSlash(path), "index.html")
	return errors.Join(writeFile(file, string(page)), writeFile(file+".gz", small.String()))
}

// checkGzip checks that a page is sent compressed to whoever takes that.
func checkGzip(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "gzip") // said here, so that the client leaves the reply as it is
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if coding := response.Header.Get("Content-Encoding"); response.StatusCode != http.StatusOK || coding != "gzip" {
		return fmt.Errorf("%s: %s, Content-Encoding %q", address, response.Status, coding)
	}
	return nil
}

// nginxConfig is Debian's, without logs: one worker a core, sendfile. The user is that of whoever runs this, if it is root, because
// the files may be in its home.
const nginxConfig = `daemon off;
%s
pid nginx.pid;
error_log stderr;
worker_processes auto;
events { worker_connections 768; }
http {
  types { text/html html; }
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen %s; root %s; gzip_static on;
%s  }
}
`

func (b *bench) serveNginx(ctx context.Context, site string) (*server, error) {
	return serve(ctx, func(address string) *exec.Cmd {
		user := ""
		if os.Getuid() == 0 {
			user = "user root;"
		}
		var security strings.Builder
		for name, value := range headers.Security() {
			fmt.Fprintf(&security, "    add_header %s %q;\n", name, value)
		}
		config := filepath.Join(b.dir, "nginx.conf")
		if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, user, address, site, &security), 0o666); err != nil {
			return exec.Command(b.peers.nginx, "-t") // it says that there is no configuration
		}
		return exec.Command(b.peers.nginx, "-p", b.dir, "-c", config, "-e", "stderr")
	})
}

// measureNetHTTP sends the compressed bytes of a page from memory, with few headers.
func (b *bench) measureNetHTTP(ctx context.Context, site, path string) (values, error) {
	body, err := os.ReadFile(filepath.Join(site, filepath.FromSlash(path), "index.html.gz"))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers.SetSecurity(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})}
	go web.Serve(listener) // until it is closed
	defer web.Close()
	return load(ctx, listener.Addr().String(), visitors, b.turn, always(get(path)))
}
