@0xa6a0a4d6e8f0c3b1;

annotation tag(file) :Text;
