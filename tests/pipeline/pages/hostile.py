"""Texts that want to be more than text."""

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>window.hacked=1</script>',
    "' onfocus='window.hacked=1' autofocus tabindex='0",
    "</style></script><script>window.hacked=1</script>",
    "</title><svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "{{7*7}}{% for x in y %}",
    "&lt;b&gt;&amp;",
    "<!-- --><![CDATA[",
    "abc\u202egpj.exe",
    "\udcff\ud800.jpg",
    "two\nlines\r\tand\0nul\x1b[31m",
    "n" * 300,
)
"""Texts that a file name or a class name may be."""
