// A private bucket does not know directories: …/ is its index.html, and an address without its slash is sent to the one
// with it. The way there is relative, so that no address can lead to another site.
function handler(event) {
  var request = event.request;
  var name = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (name === '') {
    request.uri += 'index.html';
    return request;
  }
  if (name.indexOf('.') >= 0) {
    return request;
  }
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: {
      location: { value: './' + encoded(name) + '/' + query(request.querystring) },
      'cache-control': { value: 'public, max-age=3600' },
    },
  };
}

function query(fields) {
  var parts = [];
  Object.keys(fields).forEach(function (name) {
    var field = fields[name];
    (field.multiValue || [field]).forEach(function (one) {
      parts.push(encoded(name) + (one.value === '' ? '' : '=' + encoded(one.value)));
    });
  });
  return parts.length ? '?' + parts.join('&') : '';
}

// encoded leaves what is encoded already.
function encoded(text) {
  return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%]/g, function (c) {
    try {
      return encodeURIComponent(c);
    } catch (e) {
      return '';
    }
  });
}
